"""GlobalAveragePooling: the mean of each channel, 1-D or 2-D; exact for a power of two of positions.

QGlobalAveragePooling2D multiplies the sum by a quantized 1 / positions, which is always exact.
"""

from __future__ import annotations

import math
from typing import Any

from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.sum_pool import SumPool
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.layers._float_onnx import pooled_whole
from edgeml.keras.layers._mean import averaged
from edgeml.keras.layers._window import whole


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A SumPool over everything, then the division."""
    op = SumPool(*whole(layer, builder, inputs[0]))
    total = builder.add(op, inputs[0], part="sum")
    if not layer.keepdims:
        total = builder.add(Reshape(builder.info(total).shape[-1:]), total, part="flat")
    return averaged(layer, builder, total, math.prod(op.pool))


LAYER = keras_layer(
    LayerKind.QUANTIZED,
    lower,
    pooled_whole("GlobalAveragePool"),
    example((4, 4, 3), keepdims=True),
    example((6, 5, 3)),
)
