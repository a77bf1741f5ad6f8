"""Memory of a program that is carried out on numbers that depend on elements.

Invariant: a number is read as the type that it was written as, from a place inside of its array, after it was
written; anything else is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from edgeml.backends.c.integers import CType
from edgeml.errors import EdgemlError
from edgeml.stages.symbols import Number


class Memory:
    """One array, or a union of arrays.

    Args:
        name: in C.
        size: bytes.
        constant: whether it is never written.
    """

    def __init__(self, name: str, size: int, constant: bool = False) -> None:
        self.name, self.size, self.constant = name, size, constant
        self._cells: dict[int, tuple[CType, Number]] = {}
        self._mixed = False
        self._kind: CType | None = None

    def load(self, kind: CType, place: int) -> Number:
        """The number at a byte.

        Raises:
            EdgemlError: it is outside, was not written, or was written as another type.
        """
        cell = self._cells.get(place)
        if cell is None or cell[0] != kind:
            if not 0 <= place <= self.size - kind.size:
                raise EdgemlError(f"is read at byte {place} of {self.size}", self.name)
            raise EdgemlError(f"is read as {kind.name} at byte {place}, where none was written", self.name)
        return cell[1]

    def store(self, kind: CType, place: int, number: Number) -> None:
        """Write a number; what it overlaps is gone.

        Raises:
            EdgemlError: it is outside, or the memory is constant.
        """
        if self.constant or not 0 <= place <= self.size - kind.size:
            raise EdgemlError(f"is written at byte {place} of {self.size}", self.name)
        if self._kind is None:
            self._kind = kind
        self._mixed = self._mixed or kind != self._kind
        if self._mixed:
            for other in range(place - 7, place + kind.size):
                cell = self._cells.get(other)
                if cell is not None and other + cell[0].size > place:
                    del self._cells[other]
        self._cells[place] = kind, number

    def cells(self, place: int, size: int) -> list[tuple[int, CType, Number]]:
        """Byte, type and number of all that was written from a byte on, in order."""
        return [(at, *self._cells[at]) for at in range(place, place + size) if at in self._cells]

    def fill(self, kind: CType, numbers: Sequence[Number]) -> Memory:
        """Itself, with numbers from its first byte on."""
        self._kind = kind
        self._cells.update((at * kind.size, (kind, number)) for at, number in enumerate(numbers))
        return self


Pointer: TypeAlias = tuple[Memory, int]
"""A memory and a byte in it."""
