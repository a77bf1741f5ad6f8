"""A graph value on a stream, beat by beat."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from edgeml.backend import Refusal
from edgeml.backends.verilog.codes import width_of
from edgeml.fixed import ElementType, FixedType, FixedTypeArray, IntArray
from edgeml.ir import Node


class CannotStreamError(Exception):
    """A graph that this back end does not stream; becomes a `Refusal`."""

    def __init__(
        self, node: Node, reason: str, remedy: str = "use mode=parallel, or another back end"
    ) -> None:
        super().__init__(node.name, reason, remedy)
        self.refusal = Refusal(node.name, node.op.op_name(), reason, remedy)


@dataclass(frozen=True)
class Beats:
    """A graph value as `count` beats, in C order.

    Args:
        value: its name in the graph.
        shape: of the whole value.
        count: beats per sample.
        beat: shape of what a beat holds.
        lo: smallest code of every element of a beat, whatever the beat.
        hi: largest code.
        frac: fractional bits of every element of a beat.
        signed: whether codes are two's complement on the bus.
        width: bits of an element on the bus.
    """

    value: str
    shape: tuple[int, ...]
    count: int
    beat: tuple[int, ...]
    lo: IntArray
    hi: IntArray
    frac: IntArray
    signed: bool
    width: int

    @property
    def size(self) -> int:
        """Elements in a beat."""
        return int(np.prod(self.beat, dtype=np.int64))

    @property
    def bits(self) -> int:
        """Bits of a beat."""
        return self.size * self.width

    @property
    def type(self) -> ElementType:
        """The type of a beat."""
        fracs = np.unique(self.frac)
        if len(fracs) == 1:
            return FixedType(self.signed, self.width, int(fracs[0]))
        return FixedTypeArray(self.signed, np.full(self.beat, self.width), self.frac)

    def shaped(self, value: str, shape: tuple[int, ...], beat: tuple[int, ...]) -> Beats:
        """The same beats under another name and shape."""
        parts = {key: np.asarray(getattr(self, key)).reshape(beat) for key in ("lo", "hi", "frac")}
        return replace(self, value=value, shape=shape, beat=beat, **parts)


def beats(
    value: str,
    shape: tuple[int, ...],
    count: int,
    beat: tuple[int, ...],
    lo: IntArray,
    hi: IntArray,
    frac: IntArray,
) -> Beats:
    """Beats on a bus that is as wide as the codes need."""
    least, most = int(lo.min()), int(hi.max())
    lo, hi, frac = (np.broadcast_to(array, beat) for array in (lo, hi, frac))
    return Beats(value, shape, count, beat, lo, hi, frac, least < 0, width_of(least, most))


def uniform(node: Node, array: IntArray, shape: tuple[int, ...], count: int, what: str) -> IntArray:
    """The part of a constant array that applies to every beat alike; the array broadcasts to the whole value.

    Raises:
        CannotStreamError: beats differ.
    """
    rows = np.broadcast_to(array, shape).reshape(count, -1)
    if not np.array_equal(rows, np.broadcast_to(rows[:1], rows.shape)):
        raise CannotStreamError(node, f"{what} differ from pixel to pixel")
    return rows[0]
