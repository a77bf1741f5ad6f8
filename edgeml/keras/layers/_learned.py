"""Layers with learned widths: a cast per channel in front, constants with a type per weight."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.fixed import FixedType, FixedTypeArray, IntArray, Overflow, Round, cover
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.mul import Mul
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._activation import activate
from edgeml.keras.layers._linear import add_bias
from edgeml.keras.quantizers import QuantizedWeights
from edgeml.keras.quantizers._common import real_floats
from edgeml.keras.quantizers._ops import factor_type


def learned_input(layer: Any, builder: LayerBuilder, value: str) -> str:
    """The layer's input on its grid: truncated, and saturated where the interval leaves the learned range.

    A channel without bits gets its sign alone, if it has one; the weights that read it are zero.
    """
    fraction, integer = layer.input_bits()
    signed = _signed(builder, value)
    width = np.maximum(fraction + integer, 0 if signed else 1) + signed
    return builder.add(
        Cast(FixedTypeArray(signed, width, fraction), Round.TRN, Overflow.SAT), value, part="input"
    )


def _signed(builder: LayerBuilder, value: str) -> bool:
    """True if an element can be below zero."""
    return bool(np.any(builder.info(value).lo < 0))


def _constants(
    builder: LayerBuilder, values: Any, codes: IntArray, fraction: IntArray, what: str
) -> QuantizedWeights:
    """Codes as constants, of one type if all have the same grid, else each in its narrowest.

    Raises:
        EdgemlError: a weight is not finite.
    """
    real_floats(np.asarray(values), f"{builder.layer}.{what}")
    if np.all(fraction == fraction.flat[0]):
        kind = cover(min(int(codes.min()), 0), max(int(codes.max()), 0), int(fraction.flat[0]))
        return QuantizedWeights(codes, kind)
    zeros = np.log2(np.maximum(codes & -codes, 1).astype(np.float64)).astype(np.int64)
    narrow, frac = codes >> zeros, np.where(codes == 0, 0, fraction - zeros)
    return QuantizedWeights(narrow, factor_type(narrow, frac))


def learned_kernel(layer: Any, builder: LayerBuilder, value: str) -> QuantizedWeights:
    """The kernel's constants for an input on its grid."""
    codes, fraction = layer.kernel_codes(_signed(builder, value))
    return _constants(builder, layer.kernel, codes, fraction, "kernel")


def learned_end(layer: Any, builder: LayerBuilder, value: str) -> str:
    """The bias, if there is one, and the inline activation."""
    if layer.use_bias:
        codes, fraction = layer.bias_codes()
        weights = _constants(builder, layer.bias, codes, fraction, "bias")
        value = add_bias(layer, builder, value, weights)
    return activate(layer.activation, builder, value)


def learned_alive(layer: Any, builder: LayerBuilder, value: str) -> str:
    """The value with zeros in channels without bits."""
    alive = np.broadcast_to(layer.live_inputs(_signed(builder, value)), builder.info(value).shape[-1:])
    if np.all(alive):
        return value
    ones = builder.const(alive.astype(np.int64), FixedType(False, 1, 0), "alive", owner=layer.name)
    return builder.add(Mul(), value, ones, part="result")
