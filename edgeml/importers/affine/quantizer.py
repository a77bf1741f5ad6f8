"""A quantizer of the source: its function, and the arithmetic that computes it.

Invariant: codes lie between `low` and `high`; a value is scale * (code - zero_point).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from edgeml.fixed import FixedType, IntArray, cover
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine.exact import Exact
from edgeml.importers.affine.rounding import SourceRounding
from edgeml.importers.affine.value import AffineValue, of_node


@dataclass(frozen=True)
class OwnArithmetic:
    """The source's own requantization, where it is not that of rational numbers.

    Args:
        codes: of integer sums (rows, *channels), never falling along axis 0; the value's clip included.
        ops: builds the same exactly in core ops on a node of sums, for when no multiplier equals it; or None.
    """

    codes: Callable[[IntArray], IntArray]
    ops: Callable[[str], str] | None = None


@dataclass(frozen=True, eq=False)
class SourceQuantizer:
    """value -> scale * (clip(round(value / scale + zero_point), low, high) - zero_point).

    Args:
        scale: positive, per element of the node (see `AffineValue.per_element`).
        zero_point: integers, likewise.
        low: least code.
        high: largest code.
        rounding: of the source.
        bipolar: only the codes low and high exist; high from zero on.
    """

    scale: Exact
    zero_point: Exact
    low: int
    high: int
    rounding: SourceRounding
    bipolar: bool = False

    def code_range(self) -> FixedType:
        """The narrowest integer type of the codes."""
        return cover(min(self.low, 0), max(self.high, 0), 0)

    def value_of(self, node: str, shape: tuple[int, ...], index: IntArray) -> AffineValue:
        """The source's value whose codes a node has."""
        if self.bipolar:  # the node counts the steps
            step = Fraction(self.high - self.low)
            value = of_node(node, shape, index, ex.as_exact(self.scale * step))
            return replace(value, offset=ex.as_exact(self.scale * Fraction(self.low)))
        value = of_node(node, shape, index, self.scale)
        return replace(value, offset=ex.as_exact(-self.scale * self.zero_point))


def end_codes(value: AffineValue, by: SourceQuantizer) -> tuple[IntArray, IntArray]:
    """The least and largest code that the value's clip leaves."""

    def codes(end: Exact | None, otherwise: int) -> IntArray:
        if end is None:
            return np.array([otherwise], np.int64)
        numbers = ex.as_exact(end / by.scale + by.zero_point)
        codes_ = [min(max(by.rounding.apply(number), by.low), by.high) for number in numbers.flat]
        return np.array(codes_, np.int64).reshape(numbers.shape)

    return codes(value.low, by.low), codes(value.high, by.high)
