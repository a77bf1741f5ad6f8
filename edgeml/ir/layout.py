"""The order of a tensor's elements in memory, compared with the graph's value.

The graph is channels last, ONNX convolutions are channels first. Values stay channels first through a
trunk of convolutions, and flattening such a value only reorders its elements, which the next dense layer
undoes in its weights.

Invariant: `restore(arrange(a)) == a` for every layout.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.ir import Shape


@unique
class Order(Enum):
    """The place of the channels."""

    LAST = "last"
    """The axes of the graph."""
    FIRST = "first"
    """(channels, *space) for a graph value (*space, channels)."""
    FLAT = "flat"
    """One axis: a value (*space, channels) flattened after its channels were put first."""


@dataclass(frozen=True)
class Layout:
    """An order and, for FLAT, the shape (*space, channels) that was flattened."""

    order: Order
    image: Shape = ()


LAST = Layout(Order.LAST)
FIRST = Layout(Order.FIRST)


def trivial(shape: Shape) -> bool:
    """True if channels first and channels last are the same sequence of elements."""
    return shape[-1] == 1 or all(size == 1 for size in shape[:-1])


def arrange(values: NDArray[Any], shape: Shape, layout: Layout) -> NDArray[Any]:
    """An array that broadcasts to the graph's value as one that broadcasts to the tensor, without batch axis.

    It has the tensor's rank: ONNX Runtime is many times slower when a constant of lower rank meets a tensor
    whose last axis is short.

    Args:
        values: broadcasts to `shape`.
        shape: of the graph's value.
        layout: of the tensor.
    """
    full = values.reshape((1,) * (len(shape) - values.ndim) + values.shape)
    if layout.order is Order.LAST:
        return full
    if layout.order is Order.FIRST:
        return np.moveaxis(full, -1, 0)
    if full.size == 1:
        return full
    return np.moveaxis(np.broadcast_to(full, shape).reshape(layout.image), -1, 0).reshape(-1)


def restore(values: NDArray[Any], shape: Shape, layout: Layout) -> NDArray[Any]:
    """The tensor's elements (batch, ...) as (batch, *shape) in the graph's order."""
    if layout.order is Order.FIRST:
        return np.moveaxis(values, 1, -1)
    if layout.order is Order.FLAT:
        image = values.reshape(values.shape[0], layout.image[-1], *layout.image[:-1])
        return np.moveaxis(image, 1, -1).reshape(values.shape[0], *shape)
    return values
