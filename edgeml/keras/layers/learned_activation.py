"""LearnedActivation: a cast to learned bits."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerHandler, LayerKind, example
from edgeml.keras.layers._float import QUANTIZED, as_layer
from edgeml.keras.layers._learned import learned_alive, learned_input


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Cast, and zeros where there are no bits."""
    return learned_alive(layer, builder, learned_input(layer, builder, inputs[0]))


def float_layer(layer: Any) -> Any:
    """A layer that changes nothing."""
    return as_layer("linear", layer.name)


LAYER = LayerHandler(
    kind=LayerKind.QUANTIZED,
    lower=lower,
    float_layer=float_layer,
    float_onnx=QUANTIZED,
    examples=(example((4, 6)), example((6,), granularity="tensor")),
)
