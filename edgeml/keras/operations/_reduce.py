"""Sums and maxima along axes, as pooling of one large window."""

from __future__ import annotations

import math
from typing import Any

from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.sum_pool import SumPool
from edgeml.ir.ops.transpose import Transpose
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._common import graph_axes


def reduced(
    builder: LayerBuilder, value: str, axis: Any, keepdims: bool, kind: type[SumPool] | type[MaxPool]
) -> tuple[str, int]:
    """The value pooled over all of some axes, and over how many elements that is.

    Raises:
        EdgemlError: the batch is among the axes.
    """
    shape = builder.info(value).shape
    axes = graph_axes(builder, axis, len(shape))
    count = math.prod(shape[a] for a in axes)
    if axes != tuple(range(axes[0], axes[0] + len(axes))):
        remaining = [a for a in range(len(shape)) if a not in axes]
        value = builder.add(Transpose((*remaining, *axes)), value, part="together")
        before, after = math.prod(shape[a] for a in remaining), 1
    else:
        before, after = math.prod(shape[: axes[0]]), math.prod(shape[axes[-1] + 1 :])
    rows = builder.add(Reshape((before, count, after)), value, part="rows")
    window = (1, count)
    pooled = builder.add(kind(window, (1, 1), ((0, 0), (0, 0))), rows, part="pooled")
    left = tuple(1 if a in axes else n for a, n in enumerate(shape) if keepdims or a not in axes)
    return builder.add(Reshape(left), pooled, part="result"), count
