"""Helpers of quantizers: calling them on float32, and reading integers off their output.

QKeras ends with x + (q(x) - x), so that gradients pass. In float32 that is q(x) exactly unless |x| is so
large that its own LSB is coarser than the grid; such weights are refused here, never rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.fixed import ElementType, FixedType, FixedTypeArray, IntArray, cover

MAX_BITS = 24
"""QKeras computes 2^bits - 1 in float32; beyond 24 bits that is 2^bits and its clipping is off by one."""

_CLOSE = 2.0**-20
"""The largest distance of float32's scale * code from the product, relative to it."""


@dataclass(frozen=True)
class QuantizedWeights:
    """Constants: value = code * 2^-frac * scale.

    Args:
        codes: integers of the weights' shape.
        type: of the codes.
        scale: float64, broadcasts to the codes, for scales that are no powers of two; None for 1.
    """

    codes: IntArray
    type: ElementType
    scale: NDArray[np.float64] | None = None


def call(quantizer: Any, values: Any) -> NDArray[np.float32]:
    """quantizer(values) at inference, in float32."""
    import keras

    tensor = keras.ops.convert_to_tensor(np.asarray(values, np.float32))
    return np.asarray(keras.ops.convert_to_numpy(quantizer(tensor)), np.float32)


def real_floats(values: Any, where: str) -> NDArray[np.float32]:
    """Weights as float32.

    Raises:
        EdgemlError: they are no real numbers, or one is NaN or infinite.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise EdgemlError(f"weights of type {array.dtype}", where, "use real weights (float32)")
    with np.errstate(over="ignore"):  # becomes infinite and is refused as such
        floats = array.astype(np.float32)
    if not np.all(np.isfinite(floats)):
        first = [int(i) for i in np.argwhere(~np.isfinite(floats))[0]]
        raise EdgemlError(
            f"the weight at {first} is not finite ({floats[tuple(first)]})",
            where,
            "train again, with a lower learning rate; no integer stands for it",
        )
    return floats


def plain(quantizer: Any, where: str) -> None:
    """Refuse quantizers that still mix in the unquantized value.

    Raises:
        EdgemlError: the noise factor is not one.
    """
    noise = number(getattr(quantizer, "qnoise_factor", 1.0))
    if noise != 1.0:
        raise EdgemlError(
            f"{type(quantizer).__name__} with qnoise_factor={noise} passes part of the unquantized value on",
            where,
            "call quantizer.update_qnoise_factor(1.0) once training is done",
        )


def sigmoid_kind() -> str:
    """The approximation QKeras uses wherever "the" sigmoid is meant: "hard", "smooth" or "real"."""
    from edgeml.keras.backend import import_qkeras

    name = getattr(import_qkeras().quantizers._sigmoid, "__name__", "")
    return {"hard_sigmoid": "hard", "smooth_sigmoid": "smooth"}.get(name, "real")


def number(value: Any) -> float:
    """A Python number, NumPy scalar, Keras variable or tensor as a float.

    Raises:
        ValueError: it is not one number.
    """
    array = np.asarray(value.numpy() if hasattr(value, "numpy") else value, np.float64)
    return float(array.reshape(()))


def integer(quantizer: Any, attribute: str, where: str) -> int:
    """An integer parameter of a quantizer.

    Raises:
        EdgemlError: it is no whole number, or an array.
    """
    value = getattr(quantizer, attribute)
    try:
        as_float = number(value)
    except ValueError:
        as_float = float("nan")
    if as_float != int(as_float) if np.isfinite(as_float) else True:
        raise EdgemlError(f"{type(quantizer).__name__} with {attribute}={value}", where, "use a whole number")
    return int(as_float)


def magnitude_bits(quantizer: Any, signed: bool, where: str) -> int:
    """Bits without the sign.

    Raises:
        EdgemlError: more than QKeras can clip to in float32, or none.
    """
    bits = integer(quantizer, "bits", where) - signed
    if not 0 <= bits <= MAX_BITS or bits + signed < 1:
        raise EdgemlError(
            f"{type(quantizer).__name__} with {bits + signed} bits",
            where,
            f"use 1 to {MAX_BITS + signed} bits: QKeras clips in float32",
        )
    return bits


def exponents(scale: Any) -> IntArray | None:
    """log2 of every element if all are powers of two, else None."""
    values = np.asarray(scale, np.float64)
    if not np.all(np.isfinite(values)) or np.any(values <= 0):
        return None
    mantissa, exponent = np.frexp(values)
    return exponent.astype(np.int64) - 1 if np.all(mantissa == 0.5) else None


def read_codes(
    quantizer: Any, values: Any, where: str, nominal: FixedType | None = None, scale: Any = 1.0
) -> QuantizedWeights:
    """Integers off the quantizer's output.

    Args:
        quantizer: called twice, which must give the same.
        values: the float weights.
        where: for messages.
        nominal: type of the codes at scale one; the narrowest that holds them if None.
        scale: a function of nothing that tells the scale after the call, or the scale.

    Raises:
        EdgemlError: the output differs between calls, is not finite or not on the grid of the type.
    """
    floats = np.asarray(values, np.float32)
    first, out = call(quantizer, floats), call(quantizer, floats)
    if not np.all(np.isfinite(out)):
        raise EdgemlError(
            f"{type(quantizer).__name__} returns values that are not finite", where, "check the weights"
        )
    if not np.array_equal(first, out):
        raise EdgemlError(
            f"{type(quantizer).__name__} gives other values at every call", where, "use a deterministic one"
        )
    factor = _without_dead(np.asarray(scale() if callable(scale) else scale, np.float64), out)
    shifts = exponents(factor)
    if nominal is None:
        return _narrowest(out, where)
    if shifts is None:
        return _scaled(quantizer, out, factor, nominal, where)
    frac = nominal.frac - shifts
    codes = np.ldexp(out.astype(np.float64), np.broadcast_to(frac, out.shape).astype(np.int32))
    _check_grid(codes, out, floats, nominal, where)
    if np.all(frac == frac.flat[0]):
        kind: ElementType = FixedType(nominal.signed, nominal.width, int(frac.flat[0]))
    else:
        kind = FixedTypeArray(nominal.signed, nominal.width, frac)
    return QuantizedWeights(codes.astype(np.int64), kind)


def _without_dead(scale: NDArray[np.float64], out: NDArray[np.float32]) -> NDArray[np.float64]:
    """The scale with one in place of zero where everything it scales is zero: a dead channel."""
    if out.ndim < scale.ndim or not np.any(scale == 0):
        return scale
    alive = np.broadcast_to(scale == 0, out.shape) & (out != 0)
    return scale if np.any(alive) else np.where(scale == 0, 1.0, scale)


def _narrowest(out: NDArray[np.float32], where: str) -> QuantizedWeights:
    """The codes of finite floats at the coarsest grid that holds them all."""
    frac = grid_of(out)
    codes = np.ldexp(out.astype(np.float64), frac)
    if np.abs(codes).max(initial=0) >= 2.0**62:
        raise EdgemlError("the weights span more than 62 bits", where, "use fewer bits or a max_value")
    integers = codes.astype(np.int64)
    return QuantizedWeights(integers, cover(int(integers.min(initial=0)), int(integers.max(initial=0)), frac))


def grid_of(values: Any) -> int:
    """The smallest number of fractional bits at which all floats are integers; 0 if all are zero.

    >>> grid_of(np.array([0.75, 6.0])), grid_of(np.array([8.0, 24.0]))
    (2, -3)
    """
    floats = np.asarray(values, np.float64)
    floats = floats[floats != 0]
    if floats.size == 0:
        return 0
    mantissa, exponent = np.frexp(floats)
    whole = np.ldexp(mantissa, 53).astype(np.int64)
    zeros = np.log2((whole & -whole).astype(np.float64)).astype(np.int64)
    return int((53 - exponent - zeros).max())


def _check_grid(
    codes: NDArray[np.float64],
    out: NDArray[np.float32],
    values: NDArray[np.float32],
    kind: FixedType,
    where: str,
) -> None:
    bad = (codes != np.rint(codes)) | (codes < kind.lo) | (codes > kind.hi)
    if np.any(bad):
        first = tuple(int(i) for i in np.argwhere(bad)[0])
        raise EdgemlError(
            f"the weight {values[first]} at {list(first)} becomes {out[first]}, which is no code of {kind}",
            where,
            "float32 loses the grid of weights this large; clip the weights to the quantizer's range",
        )


def _scaled(
    quantizer: Any, out: NDArray[np.float32], scale: NDArray[np.float64], nominal: FixedType, where: str
) -> QuantizedWeights:
    """Codes at scale one when the scale is no power of two; float32 rounded every product."""
    if not np.all(np.isfinite(scale)) or np.any(scale == 0):
        raise EdgemlError(
            f"{type(quantizer).__name__} has a scale that is zero or not finite",
            where,
            "use alpha=1.0, or train again from other weights",
        )
    exact = np.ldexp(out.astype(np.float64) / scale, nominal.frac)  # zero for every code of a dead channel
    codes = np.rint(exact)
    off = np.abs(exact - codes) > _CLOSE * np.maximum(np.abs(codes), 1)
    if np.any(off) or np.any(codes < nominal.lo) or np.any(codes > nominal.hi):
        raise EdgemlError(
            f"{type(quantizer).__name__} returns values that are not its scale times a code of {nominal}",
            where,
            "use alpha=1.0 or alpha='auto_po2'",
        )
    return QuantizedWeights(codes.astype(np.int64), nominal, scale)
