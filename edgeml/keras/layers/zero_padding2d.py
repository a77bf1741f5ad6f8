"""ZeroPadding: zeros around the spatial axes, 1-D or 2-D."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.ir.ops.pad import Pad
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.layers._float_onnx import only_channels_last
from edgeml.keras.layers._window import channels_last, pairs_of
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Pad."""
    channels_last(layer, builder)
    return builder.add(Pad((*pairs_of(layer.padding), (0, 0))), inputs[0], part="pad")


def float_onnx(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """Pad with zeros."""
    only_channels_last(build, layer)
    value = build.channels_first(inputs[0])
    pairs = pairs_of(layer.padding)
    pads = [0, 0, *(before for before, _ in pairs), 0, 0, *(after for _, after in pairs)]
    space = [size + before + after for size, (before, after) in zip(value.shape, pairs, strict=False)]
    name = build.add("Pad", [value.name, build.const(pads, np.int64)])
    return FloatTensor(name, (*space, value.shape[-1]), first=True)


LAYER = keras_layer(LayerKind.QUANTIZED, lower, float_onnx, example((5, 4, 2), padding=((1, 2), (0, 3))))
