"""GlobalAveragePooling: the mean of each channel, 1-D or 2-D; exact for a power of two of positions.

QGlobalAveragePooling2D multiplies the sum by a quantized 1 / positions, which is always exact.
"""

from __future__ import annotations

import math
from typing import Any

from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.sum_pool import SumPool
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerHandler, LayerKind, example
from edgeml.keras.layers._activation import activate
from edgeml.keras.layers._float import itself
from edgeml.keras.layers._float_onnx import pooled_whole
from edgeml.keras.layers._mean import divided, times_quantized
from edgeml.keras.layers._window import channels_last


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A SumPool over everything, then the division."""
    channels_last(layer, builder)
    *space, channels = builder.info(inputs[0]).shape
    rank, count = len(space), math.prod(space)
    total = builder.add(SumPool(tuple(space), (1,) * rank, ((0, 0),) * rank), inputs[0], part="sum")
    if not layer.keepdims:
        total = builder.add(Reshape((channels,)), total, part="flat")
    quantized = getattr(layer, "average_quantizer", None) is not None
    mean = times_quantized(layer, builder, total, count) if quantized else divided(builder, total, count)
    return activate(getattr(layer, "activation", None), builder, mean)


LAYER = LayerHandler(
    kind=LayerKind.QUANTIZED,
    lower=lower,
    float_layer=itself,
    float_onnx=pooled_whole("GlobalAveragePool"),
    examples=(
        example((4, 4, 3), keepdims=True),
        example((6, 5, 3)),
    ),
)
