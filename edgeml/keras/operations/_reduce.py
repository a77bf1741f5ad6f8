"""Sums, means, maxima and minima along axes, as pooling of one large window."""

from __future__ import annotations

import math
from typing import Any

from edgeml.fixed import FixedType
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.sum_pool import SumPool
from edgeml.ir.ops.transpose import Transpose
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._mean import divided
from edgeml.keras.operations._common import graph_axes
from edgeml.keras.operations._float_onnx import INITIAL


def reduced(
    operation: Any, builder: LayerBuilder, value: str, kind: type[SumPool] | type[MaxPool]
) -> tuple[str, int]:
    """The value pooled over all of the operation's axes, and over how many elements that is.

    Raises:
        EdgemlError: the batch is among the axes, or there is an initial value.
    """
    if getattr(operation, "initial", None) is not None:
        raise builder.refuse("has an initial value", INITIAL)
    shape = builder.info(value).shape
    axes = graph_axes(builder, operation.axis, len(shape))
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
    keep = bool(getattr(operation, "keepdims", False))
    left = tuple(1 if a in axes else n for a, n in enumerate(shape) if keep or a not in axes)
    return builder.add(Reshape(left), pooled, part="result"), count


def total(operation: Any, builder: LayerBuilder, value: str) -> str:
    """The sum: a SumPool over all of the axes."""
    return reduced(operation, builder, value, SumPool)[0]


def mean(operation: Any, builder: LayerBuilder, value: str) -> str:
    """The exact sum, divided."""
    return divided(builder, *reduced(operation, builder, value, SumPool))


def largest(operation: Any, builder: LayerBuilder, value: str) -> str:
    """The maximum: a MaxPool over all of the axes."""
    return reduced(operation, builder, value, MaxPool)[0]


def smallest(operation: Any, builder: LayerBuilder, value: str) -> str:
    """The minimum, as -max(-x)."""
    minus = builder.const(-1, FixedType(True, 1, 0), "minus")
    mirrored = builder.add(Mul(), value, minus, part="mirrored")
    return builder.add(Mul(), largest(operation, builder, mirrored), minus, part="smallest")
