"""Cast: to float32, which everything is already."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.operations._float_onnx import unchanged


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """The value itself."""
    del options
    if operation.dtype != "float32":
        raise builder.refuse(f"casts to {operation.dtype}", "compute in float32; quantizers round")
    return args[0].value


OPERATION = OperationHandler(
    kind=Kind.MOVES,
    lower=lower,
    float_onnx=unchanged,
    examples=(lambda keras, x, y: keras.ops.cast(x, "float32"),),
)
