"""UpSampling: every pixel repeated along the spatial axes, 1-D or 2-D; nearest neighbour only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from edgeml.ir.ops.repeat import Repeat
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.layers._float_onnx import only_channels_last
from edgeml.keras.layers._window import channels_last, tuple_of
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Repeat per axis."""
    channels_last(layer, builder)
    if getattr(layer, "interpolation", "nearest") != "nearest":
        raise builder.refuse(f"interpolation {layer.interpolation!r} is not covered", "use 'nearest'")
    (result,) = inputs
    for axis, times in enumerate(tuple_of(layer.size, len(builder.info(result).shape) - 1)):
        result = builder.add(Repeat(axis, times), result, part="repeat")
    return result


def float_onnx(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """Resize, nearest neighbour."""
    only_channels_last(build, layer)
    if getattr(layer, "interpolation", "nearest") != "nearest":
        raise build.refuse(f"interpolation {layer.interpolation!r}", "use 'nearest'")
    value = build.channels_first(inputs[0])
    times = tuple_of(layer.size, len(value.shape) - 1)
    scales = build.const([1, 1, *times])
    mode = {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
    name = build.add("Resize", [value.name, "", scales], **mode)
    space = [size * n for size, n in zip(value.shape, times, strict=False)]
    return replace(value, name=name, shape=(*space, value.shape[-1]))


LAYER = keras_layer(LayerKind.MOVES, lower, float_onnx, example((4, 3, 2), size=(2, 3)))
