"""ExpandDims: a new axis of one element."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.ir.kind import Kind
from edgeml.ir.ops.reshape import Reshape
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.onnx_builder import FloatOnnxBuilder
from edgeml.keras.operations._common import graph_axis


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Reshape."""
    del options
    shape = builder.info(args[0].value).shape
    axis = operation.axis[0] if isinstance(operation.axis, list | tuple) else operation.axis
    place = graph_axis(builder, axis, len(shape) + 1)
    return builder.add(Reshape((*shape[:place], 1, *shape[place:])), args[0].value, part="reshape")


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """Unsqueeze."""
    del options
    axis = operation.axis[0] if isinstance(operation.axis, list | tuple) else operation.axis
    return build.add("Unsqueeze", [args[0].name, build.const([axis], np.int64)])


OPERATION = OperationHandler(
    kind=Kind.MOVES,
    lower=lower,
    float_onnx=float_onnx,
    examples=(
        lambda keras, x, y: keras.ops.expand_dims(x, 1),
        lambda keras, x, y: keras.ops.expand_dims(x, -1),
    ),
)
