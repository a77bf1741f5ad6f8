"""Division of an exact sum by a count."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.fixed import IntArray
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.scale import Scale
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._activation import activate
from edgeml.keras.quantizers import quantize_weights
from edgeml.keras.quantizers._ops import scaled

_REMEDY = "average a power of two of them, or quantize to fewer bits before the mean"


def divided(builder: LayerBuilder, total: str, count: int) -> str:
    """total / count: exact for a power of two, else a table with the quantizer that follows.

    Where a table is impossible, 1 / count is rounded to the layer's factor bits and a note says so.
    """
    if count & (count - 1) == 0:
        return total if count == 1 else builder.add(Scale(-(count.bit_length() - 1)), total, part="mean")

    def rounded(source: str) -> str:
        return scaled(builder, source, 1.0 / count, "mean", _REMEDY)

    return builder.function(total, lambda x: x / np.float32(count), f"mean of {count}", approximate=rounded)


def divided_by_each(builder: LayerBuilder, total: str, counts: IntArray) -> str:
    """total / counts, a count per position: exact for powers of two, else a table with the quantizer.

    The sums are brought to a common count first, so that one table does for all positions. Where a table
    is impossible, every 1 / count is rounded to the layer's factor bits and a note says so.
    """
    if np.all(counts & (counts - 1) == 0):
        return scaled(builder, total, 1.0 / counts, "mean")
    common = int(np.lcm.reduce(counts.ravel()))

    def rounded(source: str) -> str:
        return scaled(builder, total, 1.0 / counts, "mean", _REMEDY)

    alike = scaled(builder, total, common / counts, "alike")
    return builder.function(
        alike, lambda x: x / np.float32(common), f"mean of up to {counts.max()}", approximate=rounded
    )


def averaged(layer: Any, builder: LayerBuilder, total: str, count: int) -> str:
    """The mean of a pooling layer and its inline activation, from the exact sum."""
    quantized = getattr(layer, "average_quantizer", None) is not None
    mean = _times_quantized(layer, builder, total, count) if quantized else divided(builder, total, count)
    return activate(getattr(layer, "activation", None), builder, mean)


def _times_quantized(layer: Any, builder: LayerBuilder, total: str, count: int) -> str:
    """total * quantizer(1 / count), as QKeras averages when it has an `average_quantizer`."""
    weights = quantize_weights(layer.average_quantizer_internal, 1.0 / count, f"{builder.layer}.average")
    factor = builder.const(weights.codes, weights.type, "factor")
    result = builder.add(Mul(), total, factor, part="mean")
    return result if weights.scale is None else scaled(builder, result, weights.scale, "mean")
