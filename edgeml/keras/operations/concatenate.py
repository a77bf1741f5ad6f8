"""Concatenate: values side by side along an axis."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.ir.ops.concat import Concat
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor
from edgeml.keras.operations._common import graph_axis, tensors


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Concat."""
    del options
    values = tensors(args)
    if len(values) != len(args[0]):
        raise builder.refuse("concatenates constants", "concatenate values alone")
    axis = graph_axis(builder, operation.axis, len(builder.info(values[0]).shape))
    return builder.add(Concat(axis), *values, part="concat") if len(values) > 1 else values[0]


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """Concat; constants are not covered, as in lowering."""
    del options
    if not all(isinstance(part, FloatTensor) for part in args[0]):
        raise build.refuse("a concatenation of constants", "concatenate values alone")
    axis = operation.axis % (len(args[0][0].shape) + 1)
    return build.add("Concat", [part.name for part in args[0]], axis=axis)


OPERATION = OperationHandler(
    kind=Kind.OTHER,
    lower=lower,
    float_onnx=float_onnx,
    examples=(
        lambda keras, x, y: keras.ops.concatenate([x, y], axis=-1),
        lambda keras, x, y: keras.ops.concatenate([x, y, x], axis=1),
    ),
)
