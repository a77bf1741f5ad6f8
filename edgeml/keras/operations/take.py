"""Take: elements of an axis by constant positions."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.ir.kind import Kind
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor
from edgeml.keras.operations._common import Operand, graph_axis, picked
from edgeml.keras.operations._float_onnx import axes_of, gathered


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """Pieces, in order."""
    del options
    value, indices = args[0].value, args[1]
    if isinstance(indices, Operand):
        raise builder.refuse("takes positions that are computed", "use constant ones")
    shape = builder.info(value).shape
    axis = graph_axis(builder, operation.axis, len(shape))
    places = np.asarray(indices)
    if places.ndim != 1 or (places.size and not -shape[axis] <= places.min() <= places.max() < shape[axis]):
        raise builder.refuse(f"takes positions {places.tolist()} of {shape[axis]}", "use a list of positions")
    return picked(builder, value, axis, [int(i) % shape[axis] for i in places], "take")


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """Gather."""
    del options
    if isinstance(args[1], FloatTensor):
        raise build.refuse("a take of positions that are computed", "use constant ones")
    axis = axes_of(operation.axis, len(args[0].shape) + 1)
    if len(axis) != 1 or axis == [0]:
        raise build.refuse("a take of samples", "take along another axis")
    n = args[0].shape[axis[0] - 1]
    places = [int(place) % n for place in np.asarray(args[1]).reshape(-1)]
    return gathered(build, args[0].name, axis[0], places)


OPERATION = OperationHandler(
    kind=Kind.MOVES,
    lower=lower,
    float_onnx=float_onnx,
    examples=(lambda keras, x, y: keras.ops.take(x, [2, 0, 0], axis=2),),
)
