"""Repeat: every element of an axis several times."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.ir.ops.repeat import Repeat
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.onnx_builder import FloatOnnxBuilder
from edgeml.keras.operations._common import graph_axis
from edgeml.keras.operations._float_onnx import gathered


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Repeat."""
    del options
    if not isinstance(operation.repeats, int):
        raise builder.refuse("repeats elements different numbers of times", "use one number")
    axis = graph_axis(builder, operation.axis, len(builder.info(args[0].value).shape))
    return builder.add(Repeat(axis, operation.repeats), args[0].value, part="repeat")


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """Gather, each place several times."""
    del options
    if not isinstance(operation.repeats, int) or operation.axis is None:
        raise build.refuse("a repetition of different numbers or of the batch", "use one number and an axis")
    axis = operation.axis % (len(args[0].shape) + 1)
    if axis == 0:
        raise build.refuse("a repetition of samples", "repeat along another axis")
    places = [place for place in range(args[0].shape[axis - 1]) for _ in range(operation.repeats)]
    return gathered(build, args[0].name, axis, places)


OPERATION = OperationHandler(
    kind=Kind.MOVES,
    lower=lower,
    float_onnx=float_onnx,
    examples=(lambda keras, x, y: keras.ops.repeat(x, 3, axis=1),),
)
