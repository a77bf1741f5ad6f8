"""Float ONNX of operations, the shared parts.

Every tensor is in Keras' order and carries its batch axis, so that an axis of Keras is the same axis of ONNX.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor

INITIAL = "use keras.ops.maximum or keras.ops.minimum after it"
"""The remedy for a reduction with an initial value."""

OperationWriter = Callable[[FloatOnnxBuilder, Any, list[Any], dict[str, Any]], str]


def operand(build: FloatOnnxBuilder, arg: Any) -> str:
    """The name of an operand; a constant becomes one of float32."""
    if isinstance(arg, FloatTensor):
        return arg.name
    return build.const(arg.numpy() if hasattr(arg, "numpy") else arg)


def two(op: str) -> OperationWriter:
    """An operation of two operands that is one ONNX op; shapes broadcast."""

    def write(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
        return build.add(op, [operand(build, arg) for arg in args[:2]])

    return write


def reduced(op: str) -> OperationWriter:
    """A reduction along the operation's axes."""

    def write(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
        if getattr(operation, "initial", None) is not None:
            raise build.refuse("a reduction with an initial value", INITIAL)
        axes = axes_of(operation.axis, len(args[0].shape) + 1)
        keep = bool(getattr(operation, "keepdims", False))
        if op == "ReduceSum":  # of opset 17 the only one whose axes are an input
            return build.add(op, [args[0].name, build.const(axes, np.int64)], keepdims=int(keep))
        return build.add(op, [args[0].name], axes=axes, keepdims=int(keep))

    return write


def axes_of(axis: Any, rank: int) -> list[int]:
    """Axes as a list from 0 on, all of them for None."""
    if axis is None:
        return list(range(rank))
    listed = axis if isinstance(axis, list | tuple) else [axis]
    return sorted(int(one) % rank for one in listed)
