"""QConv2DTranspose: y[i * stride + t] += x[i] * kernel[t].

The input with stride - 1 zeros behind every pixel, convolved with the flipped kernel. Keras cuts the result
to input * stride ("same") or pads it to at least that ("valid"). Kernel (height, width, filters, channels).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from edgeml.fixed import FixedTypeArray
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.pad import Pad
from edgeml.ir.ops.reshape import Reshape
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import example
from edgeml.keras.layers._families import quantized_layer, quantizers
from edgeml.keras.layers._linear import finish, kernel_weights, product, reshaped
from edgeml.keras.layers._window import channels_last, tuple_of
from edgeml.keras.quantizers import QuantizedWeights


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """Zeros in between (Reshape, Pad, Reshape), then a Conv."""
    channels_last(layer, builder)
    if getattr(layer, "output_padding", None) not in (None, (0, 0), 0):
        raise builder.refuse("output_padding is not covered", "leave it at None")
    weights = kernel_weights(layer, builder, "kernel", "kernel_quantizer")
    strides, dilation = tuple_of(layer.strides, 2), tuple_of(layer.dilation_rate, 2)
    reach = tuple((k - 1) * d + 1 for k, d in zip(weights.codes.shape[:2], dilation, strict=True))
    pads: list[tuple[int, int]] = []
    for r, s in zip(reach, strides, strict=True):
        extra = max(r - s, 0)
        pads.append((r - 1, extra) if layer.padding == "valid" else (r - 1 - extra // 2, extra // 2))
    spread = _spread(builder, inputs[0], strides)
    op = Conv((1, 1), tuple(pads), dilation)
    return finish(layer, builder, product(layer, builder, op, spread, _flipped(weights, builder), "conv"))


def _spread(builder: LayerBuilder, value: str, strides: tuple[int, ...]) -> str:
    """stride - 1 zeros behind every pixel, along both axes.

    One axis after the other, as zeros behind the one column of an image: every target has that padding.
    """
    height, width, channels = builder.info(value).shape
    down, right = strides
    if down > 1:
        value = _behind(builder, value, (height, 1, width * channels), down)
        height *= down
        value = builder.add(Reshape((height, width, channels)), value, part="rows")
    if right > 1:
        value = _behind(builder, value, (height * width, 1, channels), right)
        value = builder.add(Reshape((height, width * right, channels)), value, part="columns")
    return value


def _behind(builder: LayerBuilder, value: str, shape: tuple[int, int, int], stride: int) -> str:
    apart = builder.add(Reshape(shape), value, part="apart")
    return builder.add(Pad(((0, 0), (0, stride - 1), (0, 0))), apart, part="zeros")


def _flipped(weights: QuantizedWeights, builder: LayerBuilder) -> QuantizedWeights:
    """Both spatial axes reversed, (..., filters, channels) to (..., channels, filters)."""
    if weights.scale is not None and np.ptp(np.broadcast_to(weights.scale, weights.codes.shape)) > 0:
        # QKeras scales along the last axis, which here are the inputs.
        raise builder.refuse("a real scale per input channel is not covered", "use alpha=1.0 or 'auto_po2'")
    shape = weights.codes.shape
    turned = reshaped(weights, (*shape[:2], shape[3], shape[2]), (0, 1, 3, 2))
    kind = turned.type
    if isinstance(kind, FixedTypeArray):
        kind = FixedTypeArray(kind.signed, kind.width[::-1, ::-1], kind.frac[::-1, ::-1])
    return replace(turned, codes=turned.codes[::-1, ::-1], type=kind)


LAYER = quantized_layer(
    "Conv2DTranspose",
    lower,
    example((4, 5, 2), filters=3, kernel_size=(4, 3), strides=2, padding="same", **quantizers("kernel")),
)
