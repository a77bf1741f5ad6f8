"""The rule by which a design fits a chip; every command, report and chart uses it.

A figure lies between the ends of its interval (a tool's count has none: both ends are the count). For one
resource of which the chip has `capacity`:

    does not fit    the low end is above the capacity: too large even in the best case
    may not fit     the high end is above the capacity
    tight           the high end is above 80 % of the capacity: it fits by count, but place and route has
                    little room, takes long and may miss the clock
    fits            the high end is at most 80 % of the capacity

A chip that has none of a resource has a capacity of zero. The verdict on a design is the worst of all its
resources; it is "unknown" where no figure, or no chip, is known. What has to fit is the whole board after
packing where that is known, and the design itself for the kinds that it does not tell.

Invariant: nothing else in edgeml compares a figure with a capacity to say whether it fits
(tests/test_fits.py looks for it).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from edgeml.boards import Board
from edgeml.figures import KINDS, Figure, Hardware, Usage

Verdict: TypeAlias = Literal["unknown", "fits", "tight", "may not fit", "does not fit"]
"""From the best to the worst."""

TIGHT = 0.8
"""The share of a resource from which a design is tight."""

_ORDER: tuple[Verdict, ...] = ("unknown", "fits", "tight", "may not fit", "does not fit")


@dataclass(frozen=True)
class Need:
    """One resource: the needed amount and the chip's capacity."""

    kind: str
    figure: Figure
    capacity: int

    @property
    def low(self) -> float:
        """The low end of the needed amount."""
        return self.figure.least

    @property
    def high(self) -> float:
        """The high end of the needed amount."""
        return self.figure.most

    @property
    def share(self) -> Figure | None:
        """The needed amount as a share of the capacity (1 is all of it); None if the chip has none."""
        return self.figure.scaled(1 / self.capacity) if self.capacity else None

    def text(self) -> str:
        """The need in words: "1,200 (900 to 1,500) LUT of 20,800 (6%)"."""
        share = f" ({self.share.value:.0%})" if self.share is not None else ""
        return f"{self.figure.text()} {self.kind.upper()} of {self.capacity:,}{share}"

    @property
    def state(self) -> Verdict:
        """The verdict on this resource, by the rule of this module."""
        if self.low > self.capacity:
            return "does not fit"
        if self.high > self.capacity:
            return "may not fit"
        return "tight" if self.high > TIGHT * self.capacity else "fits"


def capacities(board: Board) -> dict[str, int]:
    """The capacities of a board by kind; zero for a resource that it lacks."""
    return {kind: getattr(board.resources, kind) or 0 for kind in KINDS}


def occupied(hardware: Hardware) -> Usage:
    """The usage that has to fit: of the whole board if that is known, else of the design."""
    if hardware.whole is None:
        return hardware.total
    return Usage(**{**hardware.total.present(), **hardware.whole.present()})


def needs(usage: Usage, capacity: Mapping[str, int]) -> tuple[Need, ...]:
    """The needs of all known figures.

    Args:
        usage: figures by kind.
        capacity: of the chip by kind; a kind that is not in it is one that the chip has none of.
    """
    return tuple(Need(kind, figure, capacity.get(kind, 0)) for kind, figure in usage.present().items())


def worst(rows: Iterable[Need]) -> Verdict:
    """The verdict on a design: the worst of its resources; "unknown" without any."""
    states = {row.state for row in rows}
    for state in reversed(_ORDER):
        if state in states:
            return state
    return "unknown"


def verdict(hardware: Hardware, board: Board) -> Verdict:
    """The verdict on a design, with all logic around it, for a board."""
    return worst(needs(occupied(hardware), capacities(board)))


def certain(state: Verdict) -> bool:
    """True if it fits even at the high ends of its intervals, tight or not."""
    return state in ("fits", "tight")
