"""The arena: places of values in one static block of memory, by the times at which they are needed.

Values that are written over each other have one place, a slot: they begin at its first byte.

Invariant: two values of different slots that are needed at one time never share a byte; every place is a
multiple of its alignment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Lifetime:
    """The memory that a value needs.

    Args:
        size: bytes.
        first: the step that writes it.
        last: the last step that reads it, at least `first`.
        alignment: its place is a multiple of this.
    """

    size: int
    first: int
    last: int
    alignment: int = 1

    def meets(self, other: Lifetime) -> bool:
        """True if both are needed at one time."""
        return self.first <= other.last and other.first <= self.last


Slot = Sequence[Lifetime]
"""Values that begin at the same byte, one after the other."""


def ends(slot: Slot) -> int:
    """The most bytes that a slot takes."""
    return max(one.size for one in slot)


def places(slots: Mapping[str, Slot]) -> dict[str, int]:
    """The first byte of every slot: the largest first, each at the lowest place where it meets no other.

    >>> places({"a": [Lifetime(4, 0, 1)], "b": [Lifetime(2, 1, 2)], "c": [Lifetime(4, 2, 3)]})
    {'a': 0, 'c': 0, 'b': 4}
    """
    result: dict[str, int] = {}
    for name in sorted(slots, key=lambda name: (-ends(slots[name]), slots[name][0].first, name)):
        occupied = [
            (result[other] - one.size + 1, result[other] + two.size)
            for other in result
            for one in slots[name]
            for two in slots[other]
            if one.meets(two)
        ]
        result[name] = _lowest(occupied, max(one.alignment for one in slots[name]))
    return result


def _lowest(occupied: Sequence[tuple[int, int]], alignment: int) -> int:
    """The lowest multiple of the alignment in none of the ranges (first, behind the last)."""
    place = 0
    for first, behind in sorted(occupied):
        if first <= place:
            place = max(place, -(-behind // alignment) * alignment)
        else:
            break
    return place
