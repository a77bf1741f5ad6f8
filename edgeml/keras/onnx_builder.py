"""The ONNX graph of a float baseline while it grows: nodes, constants, and how tensors lie in memory.

Invariant: a `FloatTensor` says how its tensor is stored; a writer that needs another order asks
`FloatOnnxBuilder.channels_first` or `channels_last`, which add the nodes for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.onnx_model import OnnxWriter


@dataclass(frozen=True)
class FloatTensor:
    """A tensor of the ONNX graph.

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


class FloatOnnxBuilder:
    """Nodes and constants so far; names are chosen here.

    Args:
        unrolled: recurrent layers are written step by step in operators without a state, so are layers on
            every step.
    """

    def __init__(self, unrolled: bool = False) -> None:
        self.writer = OnnxWriter()
        self.unrolled = unrolled
        self._layer = ""

    def begin(self, layer: str) -> None:
        """Let all that is added from here on belong to this layer."""
        self._layer = layer

    @contextmanager
    def within(self, part: str) -> Iterator[None]:
        """Let what is added belong to a part of the layer."""
        layer = self._layer
        self._layer = f"{layer}.{part}"
        yield
        self._layer = layer

    def refuse(self, what: str, hint: str = "") -> EdgemlError:
        """An error at this layer, to be raised."""
        return EdgemlError(f"{what} cannot be written as float ONNX", self._layer, hint)

    def add(self, op: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Add a node; the name of its result."""
        return self.writer.node(op, inputs, f"{self._layer}.{op}.{self.writer.size[0]}", **attributes)

    def const(self, array: Any, dtype: type = np.float32) -> str:
        """Add a constant, a number as a scalar; its name."""
        name = f"{self._layer}.const.{self.writer.size[1]}"
        return self.writer.constant(np.asarray(array, dtype, order="C"), name)

    def pointwise(self, op: str, value: FloatTensor, *constants: Any, **attributes: Any) -> FloatTensor:
        """A node that works element by element; `constants` are further inputs: numbers."""
        name = self.add(op, [value.name, *(self.const(number) for number in constants)], **attributes)
        return replace(value, name=name)

    def channels_first(self, value: FloatTensor) -> FloatTensor:
        """The value stored channels first."""
        value = self.channels_last(value) if value.flat is not None else value
        if value.first or len(value.shape) < 2:
            return value
        *space, channels = value.shape
        if channels == 1:  # nothing moves
            shape = self.const([0, 1, *space], np.int64)
            return replace(value, name=self.add("Reshape", [value.name, shape]), first=True)
        order = [0, len(value.shape), *range(1, len(value.shape))]
        return replace(value, name=self.add("Transpose", [value.name], perm=order), first=True)

    def channels_last(self, value: FloatTensor) -> FloatTensor:
        """The value in Keras' order."""
        if value.flat is not None:
            *space, channels = value.flat
            image = self.add("Reshape", [value.name, self.const([0, channels, *space], np.int64)])
            value = self.channels_last(FloatTensor(image, value.flat, first=True))
            return self.reshaped(value, (int(np.prod(value.shape)),))
        if not value.first:
            return value
        order = [0, *range(2, len(value.shape) + 1), 1]
        return replace(value, name=self.add("Transpose", [value.name], perm=order), first=False)

    def reshaped(self, value: FloatTensor, shape: tuple[int, ...]) -> FloatTensor:
        """A value in Keras' order with another shape."""
        return FloatTensor(self.add("Reshape", [value.name, self.const([0, *shape], np.int64)]), shape)
