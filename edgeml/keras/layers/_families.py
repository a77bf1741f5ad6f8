"""Families of layers: what their files declare, given once.

    keras_layer(kind, lower, float_onnx, *examples)     its float counterpart is a layer of its own class
    quantized_layer(name, lower, *examples)             the float model has the Keras layer `name` instead
    folded_layer(name, lower, *examples)                as quantized_layer, and a BatchNormalization behind it
    merging(op, onnx, part, *examples)                  several inputs, one op after the other
    inert(*examples)                                    nothing at inference; see `_augment` for augmentation

A class that differs in nothing but its examples is declared as `other.LAYER.on(*examples)`. A layer that fits
no family declares a `LayerHandler` itself.
"""

from __future__ import annotations

from typing import Any

from edgeml.ir.op import Op
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import FloatLayerWriter, LayerExample, LayerHandler, LayerKind, LayerLowering
from edgeml.keras.layers._float import QUANTIZED, counterpart, folded_counterpart, itself
from edgeml.keras.layers._float_onnx import merged, unchanged
from edgeml.keras.layers._merge import fold

_BITS = ("quantized_bits(6, 1, alpha=1.0)", "quantized_bits(8, 2, alpha=1.0)")
_FOLDED_BITS = ("quantized_bits(8, 2, alpha=1.0)", "quantized_bits(14, 5, alpha=1.0)")


def keras_layer(
    kind: LayerKind, lower: LayerLowering, float_onnx: FloatLayerWriter, *examples: LayerExample
) -> LayerHandler:
    """The handler of a layer of Keras itself."""
    return LayerHandler(kind=kind, lower=lower, float_layer=itself, float_onnx=float_onnx, examples=examples)


def quantized_layer(name: str, lower: LayerLowering, *examples: LayerExample) -> LayerHandler:
    """The handler of a layer of QKeras.

    Args:
        name: of its float counterpart in `keras.layers`.
        lower: see `LayerHandler`.
        examples: see `LayerHandler`.
    """
    kind, float_layer = LayerKind.QUANTIZED, counterpart(name)
    return LayerHandler(
        kind=kind, lower=lower, float_layer=float_layer, float_onnx=QUANTIZED, examples=examples
    )


def folded_layer(name: str, lower: LayerLowering, *examples: LayerExample) -> LayerHandler:
    """The handler of a layer of QKeras with a folded batch normalization; see `quantized_layer`."""
    kind, float_layer = LayerKind.QUANTIZED, folded_counterpart(name)
    return LayerHandler(
        kind=kind, lower=lower, float_layer=float_layer, float_onnx=QUANTIZED, examples=examples
    )


def quantizers(*tensors: str, bias: bool = True, folded: bool = False) -> dict[str, Any]:
    """The quantizers of an example, as settings of the layer.

    Args:
        tensors: the weights, "kernel" or "depthwise".
        bias: it has one.
        folded: with the bits that a folded batch normalization needs.
    """
    weights, biases = _FOLDED_BITS if folded else _BITS
    named = {f"{tensor}_quantizer": weights for tensor in tensors}
    return named | {"bias_quantizer": biases} if bias else named


def merging(op: Op, onnx: str, part: str, *examples: LayerExample) -> LayerHandler:
    """The handler of a merging layer: one op, named `part`, after the other."""

    def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
        return fold(builder, op, inputs, part)

    return keras_layer(LayerKind.MERGES, lower, merged(onnx), *examples)


def inert(*examples: LayerExample) -> LayerHandler:
    """The handler of a layer that does nothing at inference."""
    return keras_layer(LayerKind.MOVES, same, unchanged, *examples)


def same(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """The value itself."""
    return inputs[0]
