"""What edgeml takes at most, asked before memory is taken: sizes of files, archives, values and graphs.

Files come from anywhere, and a few bytes can ask for gigabytes: an archive by what it unpacks to, a graph by
a number in it. Every limit stands here with its figure and is far above what networks for FPGAs need.

EDGEML_LIMITS=N allows N times as much of everything; the error says which N would do.

Invariant: what is measured is what a file says of itself (its size, an archive's directory, an array's
header, a shape), never what it turned out to be.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

from edgeml.errors import EdgemlError

VARIABLE = "EDGEML_LIMITS"


@dataclass(frozen=True)
class Limit:
    """The most of something.

    Args:
        most: the figure, without EDGEML_LIMITS.
        unit: what is counted.
    """

    most: int
    unit: str

    def check(self, count: int, what: str, where: str = "") -> None:
        """Refuse more than that.

        Args:
            count: how much it is.
            what: what it is, a subject ("the file has").
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
"""Of a file that is text or JSON."""

FILE = Limit(2 << 30, "bytes")
"""Of any other file: models, arrays."""

MEMBERS = Limit(20_000, "members")
"""Of an archive."""

UNPACKED = Limit(4 << 30, "bytes unpacked")
"""Of all members of an archive together."""

SMALL = 64 << 20
"""Bytes that any archive may unpack to, however small it is."""

EXPANSION = Limit(50, "times its size")
"""What a larger archive may unpack to. Weights hardly shrink when they are packed, codes ten times."""

VALUE = Limit(1 << 24, "elements")
"""Of one value of a graph, per sample; its interval takes 16 bytes each."""

GRAPH = Limit(1 << 27, "elements")
"""Of all values of a graph together, and of the windows that a convolution cuts."""

WORK = Limit(1 << 37, "multiplications")
"""Of one op, per sample."""


def factor() -> float:
    """What EDGEML_LIMITS says; 1 if it is not set.

    Raises:
        EdgemlError: it is no positive number.
    """
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return 1.0
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise EdgemlError(
            f"{text[:40]!r} is no positive number",
            VARIABLE,
            "set it to the times that the limits are raised by, or not",
        )
    return number


def _amount(count: int) -> str:
    """Digits in groups, and of huge numbers their size only.

    >>> _amount(1500000), _amount(10**400)
    ('1500000', '10^400')
    """
    return str(count) if count < 10**18 else f"10^{int(math.log10(count))}"
