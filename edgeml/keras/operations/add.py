"""Add: `x + y`, of two values or a value and a constant."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.ir.kind import Kind
from edgeml.ir.ops.add import Add
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.operations._common import fold_two
from edgeml.keras.operations._float_onnx import two


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """An Add."""
    del operation, options
    return fold_two(builder, Add(), args, "sum")


OPERATION = OperationHandler(
    kind=Kind.POINTWISE,
    lower=lower,
    float_onnx=two("Add"),
    examples=(
        lambda keras, x, y: x + y,
        lambda keras, x, y: x + 1.5,
        lambda keras, x, y: x + y[:, :1],
        lambda keras, x, y: x + np.array([0.5, -1.75, 3.0], np.float32),
    ),
)
