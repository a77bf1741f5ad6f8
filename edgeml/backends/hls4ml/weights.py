"""hls4ml writes every constant twice: weights/*.txt is read by C simulation, weights/*.h by synthesis.

Invariant: a project is only simulated if both hold the same numbers, so that the checked weights are built.
"""

from __future__ import annotations

import re
from pathlib import Path

from edgeml.errors import EdgemlError
from edgeml.files import read_bytes
from edgeml.reading import error_text

_VALUES = re.compile(r"=\s*\{(.*)\}\s*;", re.DOTALL)


def check_weights(folder: Path) -> None:
    """Compare every .txt with its .h.

    Raises:
        EdgemlError: a file is missing or the numbers differ; names the file.
    """
    for text in sorted(folder.glob("*.txt")):
        header = text.with_suffix(".h")
        if not header.is_file():
            raise EdgemlError("there is no such header beside the weights of C simulation", str(header))
        match = _VALUES.search(_text(header))
        if match is None:
            raise EdgemlError("holds no array of weights", str(header))
        if _numbers(match[1], header) != _numbers(_text(text), text):
            raise EdgemlError(
                "synthesis would use other weights than C simulation",
                f"{header} and {text.name}",
                "export again",
            )


def _text(path: Path) -> str:
    return read_bytes(path, "file of weights").decode("utf-8", errors="replace")


def _numbers(text: str, where: Path) -> list[float]:
    try:
        return [float(word) for word in text.replace("{", " ").replace("}", " ").split(",")]
    except ValueError as error:
        raise EdgemlError(f"is not a list of numbers: {error_text(error)}", str(where)) from None
