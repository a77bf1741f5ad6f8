"""Concatenate: values side by side along an axis."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.ir.ops.concat import Concat
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.operations._common import graph_axis, tensors
from edgeml.keras.operations._moved import as_lowered


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Concat."""
    values = tensors(args)
    if len(values) != len(args[0]):
        raise builder.refuse("concatenates constants", "concatenate values alone")
    axis = graph_axis(builder, operation.axis, len(builder.info(values[0]).shape))
    return builder.add(Concat(axis), *values, part="concat") if len(values) > 1 else values[0]


OPERATION = OperationHandler(
    kind=Kind.OTHER,
    lower=lower,
    float_onnx=as_lowered(lower),
    examples=(
        lambda keras, x, y: keras.ops.concatenate([x, y], axis=-1),
        lambda keras, x, y: keras.ops.concatenate([x, y, x], axis=1),
    ),
)
