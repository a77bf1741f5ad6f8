"""Squeeze: axes of one element are left out."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.reshape import Reshape
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._common import graph_axes
from edgeml.keras.operations._families import moving


def lower(operation: Any, builder: LayerBuilder, value: str) -> str:
    """A Reshape."""
    shape = builder.info(value).shape
    every = tuple(a for a, n in enumerate(shape) if n == 1)
    axes = every if operation.axis is None else graph_axes(builder, operation.axis, len(shape))
    left = tuple(n for a, n in enumerate(shape) if a not in axes)
    return builder.add(Reshape(left), value, part="reshape")


OPERATION = moving(lower, lambda keras, x, y: keras.ops.squeeze(x[:, :1], 1))
