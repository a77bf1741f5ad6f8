"""Layers with weights: quantized constants, the product, the bias, the inline activation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.fixed import FixedTypeArray, IntArray, quantize, to_float
from edgeml.ir.op import Op
from edgeml.ir.ops.add import Add
from edgeml.keras.backend import import_qkeras
from edgeml.keras.builder import LayerBuilder, state
from edgeml.keras.layers._activation import activate
from edgeml.keras.quantizers import QuantizedWeights, quantize_weights
from edgeml.keras.quantizers._common import real_floats
from edgeml.keras.quantizers._ops import scaled
from edgeml.presets.lowering import StatedType


def kernel_weights(
    layer: Any, builder: LayerBuilder, tensor: str, quantizer: str, values: Any = None
) -> QuantizedWeights:
    """Quantized weights of a layer.

    Args:
        layer: the Keras layer.
        builder: for messages.
        tensor: attribute of the weights ("kernel").
        quantizer: attribute stem of the quantizer ("kernel_quantizer").
        values: the weights if they are not the attribute itself.

    Raises:
        EdgemlError: there is no quantizer, or it is not covered.
    """
    chosen = quantizer_of(layer, quantizer)
    kernel = getattr(layer, tensor) if values is None else values
    stated = builder.stated("weight") if chosen is None else None
    if stated is not None:
        return rounded(builder, np.asarray(kernel), stated, tensor.replace("_", " "), _quantized_form(layer))
    if chosen is None:
        raise builder.refuse(
            f"the {tensor.replace('_', ' ')} of this {type(layer).__name__} is not quantized",
            f"use {_quantized_form(layer)}, {quantizer}=quantized_bits(6, 0, alpha=1.0)) and train again, or "
            f"{state(builder.layer)}",
        )
    return quantize_weights(chosen, np.asarray(kernel), f"{builder.layer}.{tensor}")


def _quantized_form(layer: Any) -> str:
    """The QKeras layer to use instead; where there is none for one axis, the one for two."""
    name = type(layer).__name__
    quantized = name if name.startswith("Q") else f"Q{name}"
    if hasattr(import_qkeras(), quantized):
        return f"{quantized}(..."
    return f"{quantized.replace('1D', '2D')}((1, ...), ... behind a Reshape to (1, steps, channels)"


def quantizer_of(layer: Any, stem: str) -> Any:
    """The quantizer object of a QKeras layer as its `call` uses it, or None."""
    return getattr(layer, f"{stem}_internal", None) if getattr(layer, stem, None) else None


def product(
    layer: Any,
    builder: LayerBuilder,
    op: Op,
    value: str,
    weights: QuantizedWeights,
    part: str,
    prefix: str = "",
) -> str:
    """The op on the value and the constant weights, times their scale if that is no power of two.

    Args:
        layer: whose weights they are; calls of a shared layer share the constant.
        builder: where to add ops.
        op: MatMul or Conv.
        value: what is multiplied.
        weights: as quantized; their last axis is the output channel.
        part: "matmul" or "conv".
        prefix: in front of the names, for layers with two products.
    """
    constant = builder.const(weights.codes, weights.type, f"{prefix}weight", owner=layer.name)
    result = builder.add(op, value, constant, part=f"{prefix}{part}")
    if weights.scale is None:
        return result
    return scaled(builder, result, np.asarray(weights.scale).reshape(-1), f"{prefix}{part}")


def biased(layer: Any, builder: LayerBuilder, value: str) -> str:
    """The value plus the layer's quantized bias, if it has one.

    Raises:
        EdgemlError: the bias is neither quantized nor of a stated type.
    """
    if not layer.use_bias:
        return value
    chosen = quantizer_of(layer, "bias_quantizer")
    values = np.asarray(layer.bias)
    stated = builder.stated("bias") if chosen is None else None
    if stated is not None:
        return add_bias(
            layer, builder, value, rounded(builder, values, stated, "bias", _quantized_form(layer))
        )
    if chosen is None:
        remedy = "add bias_quantizer=quantized_bits(8, 1, alpha=1.0) or use_bias=False, and train again"
        raise builder.refuse("the bias is not quantized", f"{remedy}, or {state(builder.layer)}")
    weights = quantize_weights(chosen, values, f"{builder.layer}.bias")
    return add_bias(layer, builder, value, weights)


def rounded(
    builder: LayerBuilder, values: NDArray[np.floating[Any]], stated: StatedType, what: str, instead: str
) -> QuantizedWeights:
    """Weights that the model leaves in float, in the type that is stated for them; a note says how far off.

    Raises:
        EdgemlError: a weight is not finite, or the lowering is strict.
    """
    floats = real_floats(values, f"{builder.layer}.{what}").astype(np.float64)
    codes = quantize(floats, stated.type, stated.rounding, stated.overflow)
    error = float(np.abs(to_float(codes, stated.type.frac) - floats).max(initial=0))
    if error:
        builder.inexact(
            f"its {what} is rounded to {stated}, off by at most {error:.1e}", f"train it as {instead})"
        )
    return QuantizedWeights(codes, stated.type)


def add_bias(layer: Any, builder: LayerBuilder, value: str, weights: QuantizedWeights) -> str:
    """The value plus a constant per channel."""
    constant = builder.const(weights.codes, weights.type, "bias", owner=layer.name)
    if weights.scale is not None:
        constant = scaled(builder, constant, np.asarray(weights.scale).reshape(-1), "bias")
    return builder.add(Add(), value, constant, part="add")


def finish(layer: Any, builder: LayerBuilder, value: str) -> str:
    """Bias and inline activation."""
    return activate(layer.activation, builder, builder.own_result(biased(layer, builder, value)))


def reshaped(
    weights: QuantizedWeights, shape: tuple[int, ...], order: tuple[int, ...] | None = None
) -> QuantizedWeights:
    """Weights with their axes in another order and another shape; types and scales move along."""

    def move(array: Any) -> Any:
        full = np.broadcast_to(np.asarray(array), weights.codes.shape)
        return (full if order is None else full.transpose(order)).reshape(shape)

    codes: IntArray = move(weights.codes)
    kind = weights.type
    if isinstance(kind, FixedTypeArray):
        kind = FixedTypeArray(kind.signed, move(kind.width), move(kind.frac))
    scale = None
    if weights.scale is not None:
        wide = move(weights.scale)
        scale = wide.reshape(-1, shape[-1])[0]
    return QuantizedWeights(codes, kind, scale)
