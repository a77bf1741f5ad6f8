"""Flip: the elements of an axis backwards."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.onnx_builder import FloatOnnxBuilder
from edgeml.keras.operations._common import graph_axes, picked
from edgeml.keras.operations._float_onnx import axes_of, gathered


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """Pieces in another order."""
    del options
    value = args[0].value
    shape = builder.info(value).shape
    for axis in graph_axes(builder, operation.axis, len(shape)):
        value = picked(builder, value, axis, range(shape[axis])[::-1], "flip")
    return value


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """Gather backwards."""
    del options
    name, shape = args[0].name, args[0].shape
    for axis in axes_of(operation.axis, len(shape) + 1):
        if axis == 0:
            raise build.refuse("a flip of the batch", "flip another axis")
        name = gathered(build, name, axis, range(shape[axis - 1])[::-1])
    return name


OPERATION = OperationHandler(
    kind=Kind.MOVES,
    lower=lower,
    float_onnx=float_onnx,
    examples=(lambda keras, x, y: keras.ops.flip(x, axis=1),),
)
