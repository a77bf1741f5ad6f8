"""AveragePooling: the mean of each window, 1-D or 2-D; exact for a power of two of positions.

With padding "same" Keras divides by the positions inside the image. QAveragePooling2D multiplies the sum by
a quantized 1 / positions.
"""

from __future__ import annotations

import math
from typing import Any

from edgeml.ir.ops.sum_pool import SumPool
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._activation import activate
from edgeml.keras.layers._mean import divided, times_quantized
from edgeml.keras.layers._window import channels_last, padding, tuple_of


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A SumPool, then the division."""
    channels_last(layer, builder)
    size = builder.info(inputs[0]).shape[:-1]
    pool, strides = tuple_of(layer.pool_size, len(size)), tuple_of(layer.strides, len(size))
    pads = padding(layer.padding, size, pool, strides, (1,) * len(size), builder)
    if any(n for pair in pads for n in pair):
        raise builder.refuse(
            "windows at the border average fewer positions",
            "use padding='valid', with a ZeroPadding2D before it",
        )
    total = builder.add(SumPool(pool, strides, pads), inputs[0], part="sum")
    quantized = getattr(layer, "average_quantizer", None) is not None
    count = math.prod(pool)
    mean = times_quantized(layer, builder, total, count) if quantized else divided(builder, total, count)
    return activate(getattr(layer, "activation", None), builder, mean)
