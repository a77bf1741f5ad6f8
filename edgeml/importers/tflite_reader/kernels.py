"""The integer arithmetic of TFLite's reference kernels, in NumPy and in core ops.

Sources, all of TensorFlow: lite/kernels/internal/common.h (MultiplyByQuantizedMultiplier), gemmlowp's
fixedpoint.h (SaturatingRoundingDoublingHighMul, RoundingDivideByPOT),
lite/kernels/internal/quantization_util.cc (QuantizeMultiplier), lite/kernels/kernel_util.cc
(CalculateActivationRangeQuantized). Which operator rounds once and which twice was measured with TensorFlow
2.21: matrix products go through ruy, which rounds once, all others twice.

Invariant: the NumPy functions and the ops give the same integers for every int32.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, IntArray, Overflow, Round, cover
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.stairs import clipped_codes
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.scale import Scale


@dataclass(frozen=True, eq=False)
class QuantizedMultiplier:
    """m * 2^(shift - 31), m of 31 bits, per channel.

    Args:
        factor: m, from 2^30 to 2^31 - 1, or zero.
        shift: the exponent; negative shifts right.
        once: whether the product is rounded once, ties up; otherwise twice: to 31 bits less with ties up,
            then by the shift to the right with ties away from zero.
    """

    factor: IntArray
    shift: IntArray
    once: bool = False

    @classmethod
    def of(cls, real: NDArray[np.float64], once: bool = False) -> QuantizedMultiplier:
        """The nearest of positive real numbers, as QuantizeMultiplier rounds them: half away from zero."""
        mantissa, shift = np.frexp(np.atleast_1d(np.asarray(real, np.float64)))
        factor = np.floor(mantissa * 2.0**31 + 0.5).astype(np.int64)
        shift = shift.astype(np.int64)
        carried = factor == 1 << 31
        factor, shift = np.where(carried, factor >> 1, factor), np.where(carried, shift + 1, shift)
        vanishes = shift < -31
        return cls(np.where(vanishes, 0, factor), np.where(vanishes, 0, shift), once)

    def apply(self, x: IntArray) -> IntArray:
        """The products, rounded."""
        if self.once:
            drop = 31 - self.shift
            return (x * self.factor + (np.int64(1) << (drop - 1))) >> drop
        left, right = np.maximum(self.shift, 0), np.maximum(-self.shift, 0)
        return _rounded_shift(((x << left) * self.factor + (1 << 30)) >> 31, right)

    def ops(self, assembly: Assembly, node: str, part: str) -> str:
        """The same in core ops, exactly, on a node of integers."""
        if self.once:
            product = _product(assembly, node, self.factor, 31, part)
            return _integers(
                assembly, _scaled(assembly, product, self.shift, part), Round.RND, f"{part}.rounded"
            )
        left, right = np.maximum(self.shift, 0), np.maximum(-self.shift, 0)
        product = _product(assembly, node, self.factor << left, 31, part)
        high = _integers(assembly, product, Round.RND, f"{part}.high")
        if not np.any(right):
            return high
        return _integers(assembly, _scaled(assembly, high, -right, part), Round.RND_INF, f"{part}.rounded")


def _rounded_shift(x: IntArray, bits: IntArray) -> IntArray:
    """x / 2^bits, ties away from zero."""
    mask = (np.int64(1) << bits) - 1
    rest = x & mask
    return (x >> bits) + (rest > (mask >> 1) + (x < 0))


def _product(assembly: Assembly, node: str, factor: IntArray, frac: int, part: str) -> str:
    weights = assembly.number(ex.compressed(factor), frac, f"{part}.multiplier")
    return assembly.add(Mul(), node, weights, part=f"{part}.product")


def _scaled(assembly: Assembly, node: str, shift: IntArray, part: str) -> str:
    same = bool(np.all(shift == shift.flat[0]))
    return assembly.add(Scale(int(shift.flat[0]) if same else shift), node, part=f"{part}.shifted")


def _integers(assembly: Assembly, node: str, rounding: Round, part: str) -> str:
    """A node rounded to integers, in a type that holds its whole interval and one more."""
    info = assembly.info(node)
    drop = np.maximum(np.asarray(info.type.frac), 0)
    low, high = int((info.lo >> drop).min()), int((info.hi >> drop).max())
    return assembly.cast(node, cover(low - 1, high + 1, 0), rounding, Overflow.SAT, part)


def with_zero_point(assembly: Assembly, node: str, zero_point: int, low: int, high: int) -> str:
    """A node of integers plus a zero point, between two codes of int8."""
    if zero_point:
        node = assembly.add(Add(), node, assembly.number(np.array(zero_point), 0, "zero_point"), part="moved")
    node = assembly.cast(node, FixedType(True, 8, 0), Round.TRN, Overflow.SAT, "codes")
    return clipped_codes(assembly, node, np.array([low]), np.array([high]))


def activation_range(activation: int, scale: float, zero_point: int) -> tuple[int, int]:
    """Least and largest int8 code that a fused activation leaves.

    Raises:
        EdgemlError: an activation that is not fused in integers.
    """
    ends = {0: (None, None), 1: (0.0, None), 2: (-1.0, 1.0), 3: (0.0, 6.0)}
    if activation not in ends:
        raise EdgemlError("a fused activation other than ReLU, ReLU6 and ReLU_N1_TO_1")

    def code(end: float | None, otherwise: int) -> int:
        if end is None:
            return otherwise
        steps = float(np.float32(end) / np.float32(scale))
        return zero_point + int(math.copysign(math.floor(abs(steps) + 0.5), steps))

    low, high = ends[activation]
    return max(-128, code(low, -128)), min(127, code(high, 127))
