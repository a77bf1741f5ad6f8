"""Minimum: the smallest of its inputs, element by element."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.min import Min
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerHandler, LayerKind, example
from edgeml.keras.layers._float import itself
from edgeml.keras.layers._float_onnx import merged
from edgeml.keras.layers._merge import fold


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """Min of all inputs."""
    del layer
    return fold(builder, Min(), inputs, "smallest")


LAYER = LayerHandler(
    kind=LayerKind.MERGES,
    lower=lower,
    float_layer=itself,
    float_onnx=merged("Min"),
    examples=(example((4, 3), inputs=2),),
)
