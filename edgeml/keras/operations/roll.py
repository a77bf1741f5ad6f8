"""Roll: the elements of an axis moved on, those beyond the end to the front."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.onnx_builder import FloatOnnxBuilder
from edgeml.keras.operations._common import graph_axis, picked
from edgeml.keras.operations._float_onnx import gathered


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """Two pieces exchanged."""
    del options
    value = args[0].value
    shape = builder.info(value).shape
    if not isinstance(operation.shift, int):
        raise builder.refuse("rolls several axes", "roll one after the other")
    axis = graph_axis(builder, operation.axis, len(shape))
    n = shape[axis]
    return picked(builder, value, axis, [(i - operation.shift) % n for i in range(n)], "roll")


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """Gather of the axis, moved on."""
    del options
    if not isinstance(operation.shift, int) or not isinstance(operation.axis, int):
        raise build.refuse("a roll of several axes", "roll one after the other")
    axis = operation.axis % (len(args[0].shape) + 1)
    if axis == 0:
        raise build.refuse("a roll of the batch", "roll another axis")
    n = args[0].shape[axis - 1]
    return gathered(build, args[0].name, axis, [(place - operation.shift) % n for place in range(n)])


OPERATION = OperationHandler(
    kind=Kind.MOVES,
    lower=lower,
    float_onnx=float_onnx,
    examples=(lambda keras, x, y: keras.ops.roll(x, 2, axis=-1),),
)
