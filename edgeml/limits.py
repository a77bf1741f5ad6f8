"""Limits on sizes of files, archives, values and graphs, checked before memory is allocated.

Files may be untrusted, and a few bytes can demand gigabytes: an archive by its unpacked size, a graph by
a number in it. Every limit stands here with its figure and is far above what networks for FPGAs need.

EDGEML_LIMITS=N allows N times as much of everything; the error says which N would do.

Invariant: the declared size is checked (the file's size, an archive's directory, an array's header, a shape),
before anything of that size exists.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

from edgeml.errors import EdgemlError

VARIABLE = "EDGEML_LIMITS"


@dataclass(frozen=True)
class Limit:
    """A limit on a size.

    Args:
        most: the figure, without EDGEML_LIMITS.
        unit: what is counted.
    """

    most: int
    unit: str

    def check(self, count: int, what: str, where: str = "") -> None:
        """Refuse a larger size.

        Args:
            count: the size.
            what: the subject of the message ("the file has").
            where: the file or op.

        Raises:
            EdgemlError: it is more; says which EDGEML_LIMITS would do.
        """
        allowed = self.most * factor()
        if count > allowed:
            needed = math.ceil(count / self.most)
            raise EdgemlError(
                f"{what} {_amount(count)} {self.unit}, at most {_amount(int(allowed))} are taken",
                where,
                f"if it is meant to be so large, set {VARIABLE}={_amount(needed)}",
            )


TEXT = Limit(256 << 20, "bytes")
"""Bytes of a text or JSON file."""

SOURCE = Limit(20 << 20, "bytes")
"""Bytes of a source file that is taken apart by patterns."""

FILE = Limit(2 << 30, "bytes")
"""Bytes of any other file: models, arrays."""

MEMBERS = Limit(20_000, "members")
"""Members of an archive."""

UNPACKED = Limit(4 << 30, "bytes unpacked")
"""Bytes of all members of an archive together."""

SMALL = 64 << 20
"""Unpacked bytes that are allowed for an archive of any size."""

EXPANSION = Limit(50, "times its size")
"""Unpacked size of a larger archive. Weights hardly shrink when they are packed, codes ten times."""

VALUE = Limit(1 << 24, "elements")
"""Elements of one value of a graph, per sample; the interval of each takes 16 bytes."""

GRAPH = Limit(1 << 27, "elements")
"""Elements of all values of a graph together, and of the windows of a convolution."""

WORK = Limit(1 << 37, "multiplications")
"""Multiplications of one op, per sample."""


def factor() -> float:
    """The factor in EDGEML_LIMITS; 1 if it is not set.

    Raises:
        EdgemlError: it is no positive number.
    """
    return positive_variable(
        VARIABLE,
        1.0,
        math.inf,
        "positive number",
        "set it to the times that the limits are raised by, or not",
    )


def positive_variable(variable: str, default: float, below: float, what: str, hint: str) -> float:
    """The number in a variable of the environment.

    Args:
        variable: its name.
        default: the number if it is empty or not set.
        below: every number is below this one.
        what: "positive number of GB", for the error.
        hint: what to do instead, for the error.

    Raises:
        EdgemlError: its value is no number above 0 and below `below`.
    """
    text = os.environ.get(variable, "").strip()
    try:
        number = float(text or default)
    except ValueError:
        number = math.nan
    if not 0 < number < below:
        raise EdgemlError(f"{text[:40]!r} is no {what}", variable, hint)
    return number


def _amount(count: int) -> str:
    """A number in digits, a huge one as its power of ten only.

    >>> _amount(1500000), _amount(10**400)
    ('1500000', '10^400')
    """
    return str(count) if count < 10**18 else f"10^{int(math.log10(count))}"
