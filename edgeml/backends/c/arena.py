"""The arena: places of values in one static block of memory, by the times at which they are needed.

Invariant: two values that are needed at one time never share a byte; every place is a multiple of its
alignment.
"""

from __future__ import annotations

from collections.abc import Mapping
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


def places(lifetimes: Mapping[str, Lifetime]) -> dict[str, int]:
    """The first byte of every value: the largest values first, each in the smallest gap that holds it.

    >>> places({"a": Lifetime(4, 0, 1), "b": Lifetime(2, 1, 2), "c": Lifetime(4, 2, 3)})
    {'a': 0, 'c': 0, 'b': 4}
    """
    result: dict[str, int] = {}
    order = sorted(lifetimes, key=lambda name: (-lifetimes[name].size, lifetimes[name].first, name))
    for name in order:
        one = lifetimes[name]
        occupied = sorted(
            (result[other], result[other] + lifetimes[other].size)
            for other in result
            if one.meets(lifetimes[other])
        )
        result[name] = _gap(one, occupied)
    return result


def _gap(one: Lifetime, occupied: list[tuple[int, int]]) -> int:
    """The start of the smallest gap between occupied bytes that holds a value, else behind all of them."""
    best, start = None, 0
    for begin, end in occupied:
        place = -(-start // one.alignment) * one.alignment
        if place + one.size <= begin and (best is None or begin - start < best[1]):
            best = place, begin - start
        start = max(start, end)
    return best[0] if best is not None else -(-start // one.alignment) * one.alignment
