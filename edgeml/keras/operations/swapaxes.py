"""Swapaxes: two axes exchanged."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.ir.ops.transpose import Transpose
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.onnx_builder import FloatOnnxBuilder
from edgeml.keras.operations._common import graph_axis
from edgeml.keras.operations._float_onnx import transposed


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Transpose."""
    del options
    rank = len(builder.info(args[0].value).shape)
    one, other = (graph_axis(builder, a, rank) for a in (operation.axis1, operation.axis2))
    order = list(range(rank))
    order[one], order[other] = other, one
    return builder.add(Transpose(tuple(order)), args[0].value, part="transpose")


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """Transpose."""
    del options
    order = list(range(len(args[0].shape) + 1))
    order[operation.axis1], order[operation.axis2] = order[operation.axis2], order[operation.axis1]
    return transposed(build, args[0].name, order)


OPERATION = OperationHandler(
    kind=Kind.MOVES,
    lower=lower,
    float_onnx=float_onnx,
    examples=(lambda keras, x, y: keras.ops.swapaxes(x, 1, -1),),
)
