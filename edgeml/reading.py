"""Reading of untrusted files: every fault in a file becomes one error.

    with reading.refusing(path, "is not a check result", "run edgeml check again"):
        ...                                         # any code that takes the contents apart

Files are opened by `edgeml.files.read_bytes` alone, archives by `edgeml.archives`; both ask `edgeml.limits`
before they take memory.

Invariant: out of the block comes its value or an `EdgemlError` that names the file.
To add a reader: read through this module and add it to `tests/readers/`, which damages its files at random.
"""

from __future__ import annotations

import csv
import json
import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from edgeml import limits
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes

FAULTS = (
    *(ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError, BufferError),
    *(EOFError, OSError, MemoryError),
    RuntimeError,  # with RecursionError and NotImplementedError
    *(SyntaxError, tokenize.TokenError),  # NumPy parses the head of an array as Python's literals
    *(csv.Error, SystemError, struct.error, zipfile.BadZipFile, zlib.error, StopIteration),
)
"""The exceptions of Python, NumPy and archives for unexpected contents."""

_LONGEST = 200
_DEEPEST = 100


@contextmanager
def refusing(where: str | os.PathLike[str], what: str, hint: str = "") -> Iterator[None]:
    """Turn every fault inside into one error.

    Args:
        where: the file.
        what: the message, as a sentence about the file: "is not a manifest of edgeml".
        hint: what to do.

    Raises:
        EdgemlError: the block raised one of `FAULTS`; an EdgemlError goes through as it is.
    """
    try:
        yield
    except FAULTS as error:
        raise EdgemlError(f"{what}: {error_text(error)}", os.fspath(where), hint) from error


def error_text(error: BaseException) -> str:
    """An exception as one short printable line.

    >>> error_text(KeyError("nodes")), error_text(RecursionError("maximum recursion depth exceeded"))
    ("'nodes' is missing", 'it is nested too deeply')
    """
    if isinstance(error, KeyError):
        text = f"{error} is missing"
    elif isinstance(error, RecursionError):
        text = "it is nested too deeply"
    elif isinstance(error, MemoryError):
        text = "it needs more memory than there is"
    else:
        text = str(error) or type(error).__name__
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * _LONGEST]).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def read_json(path: str | os.PathLike[str], what: str, hint: str = "") -> Any:
    """The value in a JSON file.

    Args:
        path: the file.
        what: description of the file for messages ("manifest").
        hint: what to do if it is none.

    Raises:
        EdgemlError: it is missing, not readable, too large, too deep or not JSON.
    """
    content = read_bytes(path, what, limits.TEXT)
    return parse_json(content, path, what, hint)


def parse_json(
    content: bytes | str, where: str | os.PathLike[str], what: str, hint: str = "", wrong: str = ""
) -> Any:
    """The value in JSON text; see `read_json`. `wrong` is the message for other contents."""
    with refusing(where, wrong or f"the {what} is not readable as JSON", hint):
        document = json.loads(content)
        _check_depth(document)
    return document


def _check_depth(document: Any) -> None:
    """Refuse nesting that would exceed Python's recursion limit in later code."""
    level: list[Any] = [document]
    for _ in range(_DEEPEST):
        level = [
            inner
            for item in level
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise ValueError(f"it is nested more than {_DEEPEST} levels deep")
