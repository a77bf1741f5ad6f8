"""Permute: axes in another order."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.transpose import Transpose
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Transpose; Keras counts axes from one."""
    return builder.add(Transpose(tuple(int(axis) - 1 for axis in layer.dims)), inputs[0], part="transpose")


def float_onnx(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """Transpose; ONNX counts axes as Keras does."""
    value = build.channels_last(inputs[0])
    order = [0, *layer.dims]
    name = build.add("Transpose", [value.name], perm=order)
    return FloatTensor(name, tuple(value.shape[axis - 1] for axis in layer.dims))


LAYER = keras_layer(LayerKind.MOVES, lower, float_onnx, example((3, 2, 4), dims=(3, 1, 2)))
