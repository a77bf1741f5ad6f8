"""Ops several quantizers are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgeml.fixed import MAX_WIDTH, FixedType, FixedTypeArray, IntArray, Overflow, Round, cover
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.scale import Scale
from edgeml.ir.steps import FLOAT32_BITS
from edgeml.keras.quantizers._common import exponents, number

if TYPE_CHECKING:
    from edgeml.keras.builder import LayerBuilder

_BIT = FixedType(True, 1, 0)
_SUMMED = 3  # bits that a sign and an offset add to a product


def constant_alpha(quantizer: Any, builder: LayerBuilder) -> float:
    """The factor of an activation quantizer; None is one.

    Raises:
        EdgemlError: it is chosen from the data.
    """
    if isinstance(quantizer.alpha, str):
        raise builder.refuse(
            f"{type(quantizer).__name__} with alpha={quantizer.alpha!r} takes its scale from each batch",
            "use alpha=1.0 for activations",
        )
    return 1.0 if quantizer.alpha is None else number(quantizer.alpha)


def below_zero(builder: LayerBuilder, value: str, part: str) -> str:
    """-1 where the value is negative, else 0: the floor saturated to one signed bit."""
    return builder.cast(value, _BIT, Round.TRN, Overflow.SAT, part=part)


def sign(builder: LayerBuilder, value: str, part: str) -> str:
    """+1 where the value is zero or positive, else -1."""
    twice = builder.add(Scale(1), below_zero(builder, value, f"{part}.below"), part=f"{part}.twice")
    one = builder.const(1, cover(0, 1, 0), f"{part}.one")
    return builder.add(Add(), twice, one, part=part)


def scaled(
    builder: LayerBuilder,
    value: str,
    factor: Any,
    part: str,
    remedy: str = "use a power of two (alpha=1.0 or 'auto_po2')",
) -> str:
    """The value times a real constant, exactly if the layer's factor bits hold the constant.

    Args:
        builder: where to add ops.
        value: an exact value.
        factor: float, or an array that broadcasts to the value; positive or negative, not zero.
        part: of the layer.
        remedy: how the user gets an exact one.

    Raises:
        EdgemlError: it cannot be exact and the lowering is strict.
    """
    factors = np.asarray(factor, np.float64)
    shifts = exponents(factors)
    if shifts is not None and not np.any(shifts):
        return value
    if shifts is not None and np.all(shifts == shifts.flat[0]):
        return builder.add(Scale(int(shifts.flat[0])), value, part=f"{part}.scale")
    if shifts is not None:
        return builder.add(
            Scale(np.asarray(shifts).reshape(_tail(shifts.shape))), value, part=f"{part}.scale"
        )
    bits = builder.factor_bits
    room = MAX_WIDTH - builder.info(value).scalar.width - _SUMMED
    codes, frac, error = significant(factors, bits, room)
    if error:
        builder.inexact(f"a factor is rounded to {bits} significant bits, at most {error:.1e} of it", remedy)
    elif not exact_in_float32(builder, value, factors):
        builder.inexact(
            f"a factor has up to {bits} significant bits: Keras rounds the product in float32", remedy
        )
    constant = builder.const(codes, factor_type(codes, frac), f"{part}.factor")
    return builder.add(Mul(), value, constant, part=f"{part}.scaled")


def exact_in_float32(builder: LayerBuilder, value: str, factors: np.ndarray) -> bool:
    """True if the products of an exact value with these factors fit float32, and the layer's factor bits."""
    room = FLOAT32_BITS - builder.info(value).scalar.width
    return room > 0 and significant(factors, min(room, builder.factor_bits))[2] == 0


def significant(
    factors: np.ndarray, bits: int = FLOAT32_BITS, room: int = MAX_WIDTH
) -> tuple[IntArray, IntArray, float]:
    """Codes and fractional bits of each factor, and the largest relative error.

    Args:
        factors: real numbers.
        bits: significant bits of each.
        room: most bits from the highest bit of the largest factor down to the lowest of any: a factor that is
            far smaller than the others has fewer significant bits.
    """
    values = np.asarray(factors, np.float64)
    _, exponent = np.frexp(values)
    frac = np.where(values == 0, 0, bits - exponent).astype(np.int64)
    if np.any(values):
        frac = np.minimum(frac, room - int(exponent[values != 0].max()))
    codes = np.rint(np.ldexp(values, frac.astype(np.int32))).astype(np.int64)
    # Drop trailing zeros, so that 0.75 is 3 / 4 and not 98304 / 131072.
    zeros = np.log2(np.maximum(codes & -codes, 1).astype(np.float64)).astype(np.int64)
    codes, frac = codes >> zeros, frac - zeros
    rounded = np.ldexp(codes.astype(np.float64), -frac.astype(np.int32))
    error = np.abs(rounded - values)[values != 0] / np.abs(values[values != 0])
    return codes, frac, float(error.max(initial=0.0))


def factor_type(codes: IntArray, frac: IntArray) -> FixedType | FixedTypeArray:
    """One type if all have the same grid, else a type per element."""
    kinds = [
        cover(min(int(c), 0), max(int(c), 0), int(f)) for c, f in zip(codes.flat, frac.flat, strict=True)
    ]
    signed = any(kind.signed for kind in kinds)
    width = np.array([kind.width + (signed and not kind.signed) for kind in kinds]).reshape(codes.shape)
    if np.all(frac == frac.flat[0]):
        return FixedType(signed, int(width.max()), int(frac.flat[0]))
    return FixedTypeArray(signed, width, frac)


def _tail(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape without leading axes of one."""
    while len(shape) > 1 and shape[0] == 1:
        shape = shape[1:]
    return shape
