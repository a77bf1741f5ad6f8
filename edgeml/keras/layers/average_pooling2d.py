"""AveragePooling: the mean of each window, 1-D or 2-D; exact for a power of two of positions.

With padding "same" Keras divides by the positions inside the image, another number at each border.
QAveragePooling2D multiplies the sum by a quantized 1 / positions, at the border also by positions / inside.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from edgeml.fixed import IntArray
from edgeml.ir.ops.sum_pool import SumPool
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._activation import activate
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.layers._float_onnx import pooled
from edgeml.keras.layers._mean import averaged, divided_by_each
from edgeml.keras.layers._window import Pairs, pooling
from edgeml.keras.quantizers._ops import scaled


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A SumPool, then the division."""
    pool, strides, pads = pooling(layer, builder, inputs[0])
    total = builder.add(SumPool(pool, strides, pads), inputs[0], part="sum")
    area = math.prod(pool)
    if not any(n for pair in pads for n in pair):
        return averaged(layer, builder, total, area)
    counts = _counts(builder.info(inputs[0]).shape[:-1], pool, strides, pads)
    if getattr(layer, "average_quantizer", None) is None:
        return activate(getattr(layer, "activation", None), builder, divided_by_each(builder, total, counts))
    return averaged(layer, builder, scaled(builder, total, area / counts, "inside"), area)


def _counts(size: tuple[int, ...], pool: tuple[int, ...], strides: tuple[int, ...], pads: Pairs) -> IntArray:
    """The number of positions of each window that lie inside, shape (*positions, 1)."""
    total = np.ones((), np.int64)
    for n, k, s, (before, after) in zip(size, pool, strides, pads, strict=True):
        first = np.arange(0, n + before + after - k + 1, s) - before
        total = np.multiply.outer(total, np.minimum(first + k, n) - np.maximum(first, 0))
    return total[..., None]


LAYER = keras_layer(
    LayerKind.QUANTIZED,
    lower,
    pooled("AveragePool"),
    example((7, 6, 3), pool_size=2),
    example((7, 5, 3), pool_size=2, padding="same"),
)
