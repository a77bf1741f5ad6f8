"""Normalization: (x - mean) / deviation by adapted statistics, or the inverse of it; see `_rescale`."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.layers._rescale import rescaled
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """x * (1 / deviation) - mean / deviation, the deviation at least Keras' epsilon."""
    import keras

    if not layer.built or getattr(layer, "mean", None) is None:
        raise builder.refuse("has no statistics", "call adapt(data), or give it mean and variance")
    mean, variance = (
        np.asarray(part, np.float32).astype(np.float64) for part in (layer.mean, layer.variance)
    )
    if mean.size != mean.shape[-1] and mean.size != 1:
        raise builder.refuse(f"has statistics of shape {mean.shape}", "use axis=-1 or axis=None")
    mean, deviation = mean.reshape(-1), np.maximum(np.sqrt(variance), keras.config.epsilon()).reshape(-1)
    if layer.invert:
        return rescaled(layer, builder, inputs[0], deviation, mean)
    return rescaled(layer, builder, inputs[0], 1 / deviation, -mean / deviation)


def float_onnx(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """Sub and Div of constants, or Mul and Add if it is the inverse."""
    import keras

    mean, deviation = np.asarray(layer.mean), np.maximum(np.sqrt(layer.variance), keras.config.epsilon())
    if mean.size not in (1, mean.shape[-1] if mean.ndim else 1):
        raise build.refuse(f"statistics of shape {mean.shape}", "use axis=-1 or axis=None")
    value = build.channels_last(inputs[0])
    steps = (("Mul", deviation), ("Add", mean)) if layer.invert else (("Sub", mean), ("Div", deviation))
    for op, constant in steps:
        value = build.pointwise(op, value, constant.reshape(-1))
    return value


LAYER = keras_layer(
    LayerKind.ANY,
    lower,
    float_onnx,
    example((4, 3), mean=[0.5, -1.0, 0.0], variance=[4.0, 0.25, 1.0]),
    example((6,), axis=None, mean=0.25, variance=4.0),
    example((4, 3), mean=[0.5, -1.0, 0.0], variance=[4.0, 0.25, 1.0], invert=True),
)
