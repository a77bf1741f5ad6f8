"""Average: the mean of its inputs, element by element; exact for a power of two of them."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.add import Add
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.layers._float_onnx import merged
from edgeml.keras.layers._mean import divided
from edgeml.keras.layers._merge import fold
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """The exact sum, divided."""
    return divided(builder, fold(builder, Add(), inputs, "sum"), len(inputs))


def float_onnx(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """The sum, divided by the number of inputs."""
    return build.pointwise("Div", merged("Add")(build, layer, inputs), len(inputs))


LAYER = keras_layer(LayerKind.MERGES, lower, float_onnx, example((4, 3), inputs=4), example((4, 3), inputs=3))
