"""The ONNX graph of a float baseline while it grows: nodes, constants, and how tensors lie in memory.

Invariant: a `Value` says how its tensor is stored; who needs another order asks `Builder.first` or `last`,
which add the nodes for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from edgeml.onnx_model import OnnxWriter


@dataclass(frozen=True)
class Value:
    """A tensor.

    Args:
        name: in the ONNX graph.
        shape: of a sample, as Keras sees it: channels last.
        first: the tensor is stored channels first.
        flat: it is one sample per row, in the order of a channels-first tensor of this shape (channels
            last); None if the order is Keras'.
    """

    name: str
    shape: tuple[int, ...]
    first: bool = False
    flat: tuple[int, ...] | None = None


class Builder:
    """Nodes and constants so far; names are made here."""

    def __init__(self) -> None:
        self.writer = OnnxWriter()
        self._layer = ""

    def begin(self, layer: str) -> None:
        """What follows belongs to this layer."""
        self._layer = layer

    def add(self, op: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Add a node; the name of its result."""
        return self.writer.node(op, inputs, f"{self._layer}.{op}.{self.writer.size[0]}", **attributes)

    def const(self, array: Any, dtype: type = np.float32) -> str:
        """Add a constant; its name."""
        name = f"{self._layer}.const.{self.writer.size[1]}"
        return self.writer.constant(np.ascontiguousarray(array, dtype), name)

    def first(self, value: Value) -> Value:
        """The value stored channels first."""
        value = self.last(value) if value.flat is not None else value
        if value.first or len(value.shape) < 2:
            return value
        *space, channels = value.shape
        if channels == 1:  # nothing moves
            shape = self.const([0, 1, *space], np.int64)
            return replace(value, name=self.add("Reshape", [value.name, shape]), first=True)
        order = [0, len(value.shape), *range(1, len(value.shape))]
        return replace(value, name=self.add("Transpose", [value.name], perm=order), first=True)

    def last(self, value: Value) -> Value:
        """The value in Keras' order."""
        if value.flat is not None:
            *space, channels = value.flat
            image = self.add("Reshape", [value.name, self.const([0, channels, *space], np.int64)])
            value = self.last(Value(image, value.flat, first=True))
            return self.reshaped(value, (int(np.prod(value.shape)),))
        if not value.first:
            return value
        order = [0, *range(2, len(value.shape) + 1), 1]
        return replace(value, name=self.add("Transpose", [value.name], perm=order), first=False)

    def reshaped(self, value: Value, shape: tuple[int, ...]) -> Value:
        """A value in Keras' order with another shape."""
        return Value(self.add("Reshape", [value.name, self.const([0, *shape], np.int64)]), shape)
