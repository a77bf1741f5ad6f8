"""Shared by matrix products and convolutions: sums of products with constant weights."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from edgeml.fixed import IntArray, align
from edgeml.ir.info import ValueInfo
from edgeml.ir.op import Op
from edgeml.ir.steps import GridInfo, Sums, edge_bits, linear_grid, over_space, peak, product
from edgeml.ir.structure import Structure, constant, summed

_FLOAT64 = 2.0**52
"""Sums of magnitudes below it are exact in float64; the bound itself may be rounded."""

_SMALL = 1 << 16
"""Products up to which a conversion takes longer than it saves."""


def carried(x: NDArray[Any], w: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Integers that are to be multiplied and summed, in float64 where that is exact in any order of sums.

    NumPy multiplies matrices of floats by BLAS, and those of int64 element by element.

    Args:
        x: integers, or floats, which stay as they are.
        w: weights (..., n); a sum takes at most one product with each weight of a column.
    """
    if x.dtype.kind == "f" or not x.size or not w.size or x.size * w.shape[-1] <= _SMALL:
        return x, w
    peak = max(float(x.max()), -float(x.min()))
    columns = np.abs(w.astype(np.float64)).reshape(-1, w.shape[-1]).sum(axis=0)
    if peak * float(columns.max()) >= _FLOAT64:
        return x, w
    return x.astype(np.float64), w.astype(np.float64)


class Linear(Op, abstract=True):
    """An op whose results are sums of products of its first input with constant weights, its second input.

    A bias can be added to such a sum without an op of its own.
    """

    arity: ClassVar[int | None] = 2
    constant_inputs: ClassVar[tuple[int, ...]] = (1,)

    @abstractmethod
    def products(self, per_channel: IntArray, weights: IntArray) -> tuple[IntArray, IntArray]:
        """The op as one matrix product per group.

        Args:
            per_channel: something per channel of the input, (channels,).
            weights: something per weight, of the weights' shape.

        Returns:
            Rows (groups, k) and matrices (groups, k, columns of the group).
        """

    def grid(self, inputs: Sequence[GridInfo], result: ValueInfo) -> IntArray:
        x, w = inputs
        return self._finest(x.grid, w.grid)

    def demand(self, inputs: Sequence[GridInfo], result: GridInfo) -> int:
        x, w = inputs
        return max(self.sums(x, w).bits, edge_bits(inputs, result))

    def sums(self, x: GridInfo, w: GridInfo, codes: IntArray | None = None) -> Sums:
        """The partial sums, per column.

        Args:
            x: the input.
            w: the weights; their grid is that of `codes`.
            codes: of w's shape and type, if they are only some of the weights' bits; by default all of them.
        """
        whole = w.info.lo if codes is None else codes
        magnitudes = np.abs(align(whole, w.info.type.frac, w.info.frac))
        peaks, columns = self.products(over_space(peak(x.info, x.info.frac)), magnitudes)
        totals = [product(p, c) for p, c in zip(peaks, columns, strict=True)]
        return Sums(np.concatenate(totals), x.info.frac + w.info.frac, self._finest(x.grid, w.grid))

    def _finest(self, x: IntArray, w: IntArray) -> IntArray:
        rows, matrices = self.products(over_space(x), w)
        return np.concatenate([linear_grid(row, matrix) for row, matrix in zip(rows, matrices, strict=True)])

    def structure(
        self, inputs: Sequence[Structure], infos: Sequence[ValueInfo], result: ValueInfo
    ) -> Structure:
        if not (np.any(infos[1].lo) or np.any(infos[1].hi)):
            return constant(result.shape)
        return summed(inputs[:1], result.shape)
