"""Stack: values of one shape along a new axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.ir.kind import Kind
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.reshape import Reshape
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor
from edgeml.keras.operations._common import graph_axis, tensors


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """Reshapes and a Concat."""
    del options
    values = tensors(args)
    if len(values) != len(args[0]):
        raise builder.refuse("stacks constants", "stack values alone")
    shape = builder.info(values[0]).shape
    axis = graph_axis(builder, operation.axis, len(shape) + 1)
    wide = (*shape[:axis], 1, *shape[axis:])
    rows = [builder.add(Reshape(wide), value, part="row") for value in values]
    return builder.add(Concat(axis), *rows, part="stack") if len(rows) > 1 else rows[0]


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """A new axis in each, and a Concat along it."""
    del options
    if not all(isinstance(part, FloatTensor) for part in args[0]):
        raise build.refuse("a stack of constants", "stack values alone")
    rank = len(args[0][0].shape) + 2
    axis = operation.axis % rank
    place = build.const([axis], np.int64)
    rows = [build.add("Unsqueeze", [part.name, place]) for part in args[0]]
    return build.add("Concat", rows, axis=axis)


OPERATION = OperationHandler(
    kind=Kind.OTHER,
    lower=lower,
    float_onnx=float_onnx,
    examples=(
        lambda keras, x, y: keras.ops.stack([x, y], axis=1),
        lambda keras, x, y: keras.ops.stack([x, y], axis=-1),
    ),
)
