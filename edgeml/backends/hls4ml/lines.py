"""The lines of a C++ file without comments and empty lines.

Invariant: a line stands for itself. A file with comments over several lines, joined lines or other control
characters is refused, so that no line is taken for something that the compiler sees otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edgeml.errors import EdgemlError

_ODD = re.compile(r"\\\s*$|/\*|\*/|[^\n -~]|\"[^\"\n]*//[^\"\n]*\"", re.MULTILINE)


@dataclass(frozen=True)
class SourceLine:
    """A line that is not empty.

    Args:
        whole: with its comment, without the space around it.
        number: from 1.
        path: of the file.
    """

    whole: str
    number: int
    path: Path

    @property
    def text(self) -> str:
        """The line without its comment."""
        return self.whole.partition("//")[0].strip()


def lines_of(path: Path, content: bytes) -> Iterator[SourceLine]:
    """The lines of a file that are more than a comment.

    Raises:
        EdgemlError: a line does not stand for itself.
    """
    text = content.decode(errors="replace")
    odd = _ODD.search(text)
    if odd is not None:
        number = text.count("\n", 0, odd.start()) + 1
        raise not_understood(SourceLine("", number, path), "a comment or line that goes on, or no ASCII")
    for number, whole in enumerate(text.split("\n"), 1):
        line = SourceLine(whole.strip(), number, path)
        if line.text:
            yield line


def not_understood(line: SourceLine, why: str = "") -> EdgemlError:
    """The error about a line."""
    what = f"is not understood: {why or line.text[:60]}"
    return EdgemlError(what, f"{line.path}, line {line.number}")
