"""Mul: an exact product, element by element."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeml.fixed import IntArray, align
from edgeml.ir.info import ValueInfo, guard
from edgeml.ir.kind import Kind
from edgeml.ir.op import Op
from edgeml.ir.ops._elementwise import common_shape, same_rank
from edgeml.ir.steps import GridInfo, bits, edge_bits, peak
from edgeml.ir.structure import Form, Structure, joined_pair, stepped


@dataclass(frozen=True, eq=False)
class Mul(Op):
    """a * b with frac(a) + frac(b) fractional bits; shapes broadcast as in NumPy."""

    kind: ClassVar[Kind] = Kind.POINTWISE
    arity: ClassVar[int | None] = 2

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """The smallest and largest of the four products of the bounds."""
        common_shape(inputs)
        ends_a, ends_b = (info.aligned(info.frac) for info in inputs)
        pairs = [(a, b) for a in ends_a for b in ends_b]
        guard(max(np.max(np.abs(a.astype(np.float64) * b)) for a, b in pairs), "the product")
        products = [np.asarray(a * b) for a, b in pairs]
        frac = sum(info.frac for info in inputs)
        return ValueInfo.exact(np.minimum.reduce(products), np.maximum.reduce(products), frac)

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """The product in int64."""
        rank = max(len(info.shape) for info in infos)
        a, b = (
            same_rank(align(codes, info.type.frac, info.frac), info, rank)
            for codes, info in zip(inputs, infos, strict=True)
        )
        return a * b

    def grid(self, inputs: Sequence[GridInfo], result: ValueInfo) -> IntArray:
        return np.add(*(value.grid for value in inputs))

    def demand(self, inputs: Sequence[GridInfo], result: GridInfo) -> int:
        a, b = inputs
        product = peak(a.info, a.info.frac) * peak(b.info, b.info.frac)
        inner = bits(product, a.info.frac + b.info.frac, a.grid + b.grid)
        return max(inner, edge_bits(inputs, result))

    def structure(
        self, inputs: Sequence[Structure], infos: Sequence[ValueInfo], result: ValueInfo
    ) -> Structure:
        for x, factor in ((0, 1), (1, 0)):
            if inputs[factor].form is Form.CONSTANT:
                rising = bool(np.all(infos[factor].lo >= 0))
                return stepped(inputs[x], result.shape, *infos[factor].marks, monotone=rising, affine=True)
        return joined_pair(inputs[0], inputs[1], result.shape, Form.PRODUCT)
