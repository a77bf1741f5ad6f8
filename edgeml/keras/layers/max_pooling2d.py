"""MaxPooling: the largest value of each window, 1-D or 2-D; padding never wins."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.max_pool import MaxPool
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerHandler, LayerKind, example
from edgeml.keras.layers._float import itself
from edgeml.keras.layers._float_onnx import pooled
from edgeml.keras.layers._window import channels_last, padding, tuple_of


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A MaxPool."""
    channels_last(layer, builder)
    size = builder.info(inputs[0]).shape[:-1]
    pool, strides = tuple_of(layer.pool_size, len(size)), tuple_of(layer.strides, len(size))
    pads = padding(layer.padding, size, pool, strides, (1,) * len(size), builder)
    return builder.add(MaxPool(pool, strides, pads), inputs[0], part="max")


LAYER = LayerHandler(
    kind=LayerKind.QUANTIZED,
    lower=lower,
    float_layer=itself,
    float_onnx=pooled("MaxPool"),
    examples=(example((7, 6, 3), pool_size=(3, 2), strides=(1, 2), padding="same"),),
)
