"""Stack: values of one shape along a new axis."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.reshape import Reshape
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.operations._common import graph_axis, tensors
from edgeml.keras.operations._moved import as_lowered


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """Reshapes and a Concat."""
    values = tensors(args)
    if len(values) != len(args[0]):
        raise builder.refuse("stacks constants", "stack values alone")
    shape = builder.info(values[0]).shape
    axis = graph_axis(builder, operation.axis, len(shape) + 1)
    wide = (*shape[:axis], 1, *shape[axis:])
    rows = [builder.add(Reshape(wide), value, part="row") for value in values]
    return builder.add(Concat(axis), *rows, part="stack") if len(rows) > 1 else rows[0]


OPERATION = OperationHandler(
    kind=Kind.OTHER,
    lower=lower,
    float_onnx=as_lowered(lower),
    examples=(
        lambda keras, x, y: keras.ops.stack([x, y], axis=1),
        lambda keras, x, y: keras.ops.stack([x, y], axis=-1),
    ),
)
