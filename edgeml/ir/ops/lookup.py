"""Lookup: any function of one narrow value, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeml.fixed import FixedType, IntArray
from edgeml.ir.info import ValueInfo
from edgeml.ir.kind import Kind
from edgeml.ir.op import Op, need
from edgeml.ir.steps import GridInfo, edge_bits
from edgeml.ir.structure import Structure, stepped

MAX_INDEX_BITS = 16
"""Widest index: 65,536 entries. Wider tables would not fit the block RAM of a small FPGA anyway."""


@dataclass(frozen=True, eq=False)
class Lookup(Op):
    """table[code(x) - lowest code of x's type], element by element.

    The table is a constant of shape (2^width(x),): its first entry is for the smallest code.
    """

    kind: ClassVar[Kind] = Kind.POINTWISE
    arity: ClassVar[int | None] = 2
    constant_inputs: ClassVar[tuple[int, ...]] = (1,)

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """The smallest and largest entries that the bounds of x can reach, element by element."""
        x, table = inputs
        need(isinstance(x.type, FixedType), "the index needs one type for all elements", "cast it first")
        width = x.scalar.width
        need(
            width <= MAX_INDEX_BITS,
            f"an index of {width} bits; at most {MAX_INDEX_BITS} fit a table",
            "cast the input to fewer bits first",
        )
        need(table.shape == (1 << width,), f"a table of shape {table.shape} for {1 << width} codes")
        need(isinstance(table.type, FixedType), "the table needs one type for all entries")
        first, last = (np.broadcast_to(end, x.shape) - x.scalar.lo for end in (x.lo, x.hi))
        lo, hi = (_extreme(pick, table.lo, first, last) for pick in (np.minimum, np.maximum))
        return ValueInfo(x.shape, table.type, lo, hi)

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """The entries."""
        x, table = inputs
        return table[0][x - infos[0].scalar.lo]

    def grid(self, inputs: Sequence[GridInfo], result: ValueInfo) -> IntArray:
        return np.asarray(inputs[1].grid.max())

    def demand(self, inputs: Sequence[GridInfo], result: GridInfo) -> int:
        """The bits of the result: other entries of the table are never read."""
        return edge_bits(inputs[:1], result)

    def structure(
        self, inputs: Sequence[Structure], infos: Sequence[ValueInfo], result: ValueInfo
    ) -> Structure:
        return stepped(inputs[0], infos[0].shape, monotone=False)


def _extreme(pick: np.ufunc, entries: IntArray, first: IntArray, last: IntArray) -> IntArray:
    """The smallest or largest of entries[first] to entries[last], for every element of `first` and `last`.

    Every stretch is covered by two of a power of two each, whose extremes are known (a sparse table: Bender
    and Farach-Colton, 2000), so that the time does not grow with the stretches.
    """
    sizes, result = last - first + 1, np.empty_like(first)
    step, extremes = 1, entries  # extremes[i] is that of `step` entries from i on
    while True:
        here = (step <= sizes) & (sizes < 2 * step)
        result[here] = pick(extremes[first[here]], extremes[last[here] + 1 - step])
        if not np.any(sizes >= 2 * step):
            return result
        extremes = pick(extremes[:-step], extremes[step:])
        step *= 2
