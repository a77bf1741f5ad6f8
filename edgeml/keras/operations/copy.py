"""Copy: the value itself."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.operations._float_onnx import unchanged


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """The value itself."""
    del operation, builder, options
    return args[0].value


OPERATION = OperationHandler(
    kind=Kind.MOVES,
    lower=lower,
    float_onnx=unchanged,
    examples=(lambda keras, x, y: keras.ops.copy(x),),
)
