"""Maximum: the larger of two values, or of a value and a constant."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.ir.ops.max import Max
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.operations._common import fold_two
from edgeml.keras.operations._float_onnx import two


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Max."""
    del operation, options
    return fold_two(builder, Max(), args, "larger")


OPERATION = OperationHandler(
    kind=Kind.POINTWISE,
    lower=lower,
    float_onnx=two("Max"),
    examples=(
        lambda keras, x, y: keras.ops.maximum(x, y),
        lambda keras, x, y: keras.ops.maximum(x, 0.5),
    ),
)
