"""Moveaxis: axes moved to other places."""

from __future__ import annotations

from typing import Any

import numpy as np

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
    source = [graph_axis(builder, a, rank) for a in np.atleast_1d(operation.source).tolist()]
    target = [graph_axis(builder, a, rank) for a in np.atleast_1d(operation.destination).tolist()]
    order = [a for a in range(rank) if a not in source]
    for place, axis in sorted(zip(target, source, strict=True)):
        order.insert(place, axis)
    return builder.add(Transpose(tuple(order)), args[0].value, part="transpose")


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """Transpose."""
    del options
    rank = len(args[0].shape) + 1
    labelled = np.empty(range(rank))  # an array whose sizes are the numbers of its axes
    return transposed(
        build, args[0].name, np.moveaxis(labelled, operation.source, operation.destination).shape
    )


OPERATION = OperationHandler(
    kind=Kind.MOVES,
    lower=lower,
    float_onnx=float_onnx,
    examples=(
        lambda keras, x, y: keras.ops.moveaxis(x, 2, 1),
        lambda keras, x, y: keras.ops.moveaxis(keras.ops.reshape(x, (-1, 2, 2, 3)), 3, 1),
    ),
)
