"""GlobalMaxPooling: the largest value of each channel, 1-D or 2-D."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.reshape import Reshape
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerHandler, LayerKind, example
from edgeml.keras.layers._float import itself
from edgeml.keras.layers._float_onnx import pooled_whole
from edgeml.keras.layers._window import channels_last


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A MaxPool over everything."""
    channels_last(layer, builder)
    *space, channels = builder.info(inputs[0]).shape
    rank = len(space)
    op = MaxPool(tuple(space), (1,) * rank, ((0, 0),) * rank)
    result = builder.add(op, inputs[0], part="max")
    return result if layer.keepdims else builder.add(Reshape((channels,)), result, part="flat")


LAYER = LayerHandler(
    kind=LayerKind.QUANTIZED,
    lower=lower,
    float_layer=itself,
    float_onnx=pooled_whole("GlobalMaxPool"),
    examples=(
        example((7, 6, 3)),
        example((7, 6, 3), keepdims=True),
    ),
)
