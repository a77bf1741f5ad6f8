"""Multiply: the product of its inputs, element by element."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.mul import Mul
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerHandler, LayerKind, example
from edgeml.keras.layers._float import itself
from edgeml.keras.layers._float_onnx import merged
from edgeml.keras.layers._merge import fold


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """Mul of all inputs."""
    del layer
    return fold(builder, Mul(), inputs, "product")


LAYER = LayerHandler(
    kind=LayerKind.MERGES,
    lower=lower,
    float_layer=itself,
    float_onnx=merged("Mul"),
    examples=(example((4, 3), inputs=3),),
)
