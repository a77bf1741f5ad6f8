"""Maximum: the largest of its inputs, element by element; of dense layers it is a maxout."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.max import Max
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerHandler, LayerKind, example
from edgeml.keras.layers._float import itself
from edgeml.keras.layers._float_onnx import merged
from edgeml.keras.layers._merge import fold


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """Max of all inputs."""
    del layer
    return fold(builder, Max(), inputs, "largest")


LAYER = LayerHandler(
    kind=LayerKind.MERGES,
    lower=lower,
    float_layer=itself,
    float_onnx=merged("Max"),
    examples=(example((4, 3), inputs=3),),
)
