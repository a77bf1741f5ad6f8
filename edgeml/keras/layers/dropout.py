"""Dropout: does nothing at inference."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerHandler, LayerKind, example
from edgeml.keras.layers._float import itself
from edgeml.keras.layers._float_onnx import unchanged


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """The value itself."""
    del layer, builder
    return inputs[0]


LAYER = LayerHandler(
    kind=LayerKind.MOVES,
    lower=lower,
    float_layer=itself,
    float_onnx=unchanged,
    examples=(example((6,), rate=0.5),),
)
