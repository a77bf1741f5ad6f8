"""Subtract: the first input minus the second, element by element."""

from __future__ import annotations

from typing import Any

from edgeml.fixed import FixedType
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.mul import Mul
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.layers._float_onnx import merged


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """a + (-1) * b."""
    minus = builder.const(-1, FixedType(True, 1, 0), "minus")
    negative = builder.add(Mul(), inputs[1], minus, part="negative")
    return builder.add(Add(), inputs[0], negative, part="difference")


LAYER = keras_layer(LayerKind.MERGES, lower, merged("Sub"), example((4, 3), inputs=2))
