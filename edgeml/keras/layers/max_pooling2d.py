"""MaxPooling: the largest value of each window, 1-D or 2-D; padding never wins."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.max_pool import MaxPool
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._window import channels_last, padding, tuple_of


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A MaxPool."""
    channels_last(layer, builder)
    size = builder.info(inputs[0]).shape[:-1]
    pool, strides = tuple_of(layer.pool_size, len(size)), tuple_of(layer.strides, len(size))
    pads = padding(layer.padding, size, pool, strides, (1,) * len(size), builder)
    return builder.add(MaxPool(pool, strides, pads), inputs[0], part="max")
