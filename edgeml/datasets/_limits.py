"""The largest size of data, checked before any allocation; an environment variable raises it.

Without the variable, data that need more memory than there is are refused too: the system would end the
process without a word.
"""

from __future__ import annotations

import os
from pathlib import Path

from edgeml.errors import EdgemlError
from edgeml.limits import positive_variable
from edgeml.processes import available_mb

VARIABLE = "EDGEML_MAX_DATA_GB"
_DEFAULT_GB = 4.0
_AS_TABLE = 3  # a value is some characters, eight bytes in pandas, and eight more once the columns are joined


def most_bytes() -> int:
    """The most bytes that a data file, or an array in it, may have.

    Raises:
        EdgemlError: the environment's value is no positive number.
    """
    hint = f"unset it for {_DEFAULT_GB:g}"
    limit = positive_variable(VARIABLE, _DEFAULT_GB, 1e9, "positive number of GB", hint)
    return int(limit * 1e9)


def check_bytes(size: int, what: str, where: str, instead: str = "") -> None:
    """Refuse data that would take more bytes.

    Args:
        size: bytes.
        what: has them.
        where: the file.
        instead: another remedy beside the variable.

    Raises:
        EdgemlError: with the variable that lifts the limit.
    """
    if size > most_bytes():
        raise EdgemlError(
            f"{what} has {size / 1e9:.3g} GB, the limit is {most_bytes() / 1e9:g}",
            where,
            f"set {VARIABLE}={whole_gb(size)} if you want this" + f"; {instead}" * bool(instead),
        )
    check_room(size, what, where)


def check_room(size: float, what: str, where: str) -> None:
    """Refuse what takes more memory than there is, unless the variable is set.

    Args:
        size: bytes.
        what: takes them.
        where: the file.

    Raises:
        EdgemlError: with the ways to need less.
    """
    free = available_mb() * 2**20
    if free and size > free and not os.environ.get(VARIABLE):
        raise EdgemlError(
            f"{what} needs about {size / 1e9:.3g} GB of memory, {free / 1e9:.3g} are free",
            where,
            "set data.stream=true (.npz, TFRecord or images, with all three parts), take fewer samples, or "
            f"set {VARIABLE}={max(whole_gb(int(size)), int(_DEFAULT_GB))} to try it nevertheless",
        )


def whole_gb(size: int) -> int:
    """Whole GB that hold so many bytes.

    >>> whole_gb(1), whole_gb(4_000_000_001)
    (1, 5)
    """
    return -(-size // 10**9)


def check_size(path: Path) -> None:
    """Refuse a table that is too large; a missing one is reported by its reader."""
    if path.is_file():
        size = path.stat().st_size
        check_bytes(size, "the file", str(path))
        check_room(_AS_TABLE * size, "the table", str(path))
