"""Cropping: the middle of the spatial axes, 1-D or 2-D."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from edgeml.ir.ops.slice import Slice
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.layers._float_onnx import only_channels_last, spatial
from edgeml.keras.layers._window import channels_last, pairs_of
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Slice."""
    channels_last(layer, builder)
    shape = builder.info(inputs[0]).shape
    pairs = (*pairs_of(layer.cropping), (0, 0))
    starts = tuple(before for before, _ in pairs)
    stops = tuple(size - after for size, (_, after) in zip(shape, pairs, strict=True))
    return builder.add(Slice(starts, stops, (1,) * len(shape)), inputs[0], part="crop")


def float_onnx(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """Slice of the spatial axes."""
    only_channels_last(build, layer)
    value, begin = spatial(build, inputs[0])
    pairs = pairs_of(layer.cropping)
    stops = [size - after for size, (_, after) in zip(value.shape, pairs, strict=False)]
    bounds = [[before for before, _ in pairs], stops, [begin + axis for axis in range(len(pairs))]]
    name = build.add("Slice", [value.name, *(build.const(numbers, np.int64) for numbers in bounds)])
    space = [stop - before for stop, (before, _) in zip(stops, pairs, strict=True)]
    return replace(value, name=name, shape=(*space, value.shape[-1]))


LAYER = keras_layer(LayerKind.MOVES, lower, float_onnx, example((7, 6, 2), cropping=((1, 2), (0, 3))))
