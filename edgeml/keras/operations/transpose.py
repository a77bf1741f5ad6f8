"""Transpose: axes in another order."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.ir.ops.transpose import Transpose
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.onnx_builder import FloatOnnxBuilder
from edgeml.keras.operations._float_onnx import transposed


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Transpose."""
    del options
    rank = len(builder.info(args[0].value).shape)
    axes = operation.axes or tuple(range(rank, -1, -1))
    order = [int(a) + (rank + 1 if a < 0 else 0) for a in axes]
    if order[0] != 0:
        raise builder.refuse(
            "moves the batch", f"begin the axes with 0, as in (0, {', '.join(map(str, range(rank, 0, -1)))})"
        )
    return builder.add(Transpose(tuple(a - 1 for a in order[1:])), args[0].value, part="transpose")


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """Transpose."""
    del options
    rank = len(args[0].shape) + 1
    order = operation.axes or range(rank)[::-1]
    return transposed(build, args[0].name, [int(axis) % rank for axis in order])


OPERATION = OperationHandler(
    kind=Kind.MOVES,
    lower=lower,
    float_onnx=float_onnx,
    examples=(lambda keras, x, y: keras.ops.transpose(x, (0, 2, 1)),),
)
