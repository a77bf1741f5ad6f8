"""Matmul: `x @ c`, rows of values times a constant matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.ir.kind import Kind
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.operations._common import Operand, constant, numbers
from edgeml.keras.operations._float_onnx import two


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A MatMul."""
    left, right = args[:2]
    if not isinstance(left, Operand) or isinstance(right, Operand):
        raise builder.refuse(
            "multiplies by a matrix that is not constant and on the right",
            "write x @ c with a constant c, or keras.layers.Multiply and keras.ops.sum",
        )
    matrix = numbers(builder, right)
    if matrix.ndim != 2:
        raise builder.refuse(f"multiplies by a constant of shape {matrix.shape}", "use a matrix")
    weight = constant(builder, matrix, 2, "weight")
    return builder.add(MatMul(), left.value, weight, part="matmul")


OPERATION = OperationHandler(
    kind=Kind.LINEAR,
    lower=lower,
    float_onnx=two("MatMul"),
    examples=(lambda keras, x, y: x @ np.array([[0.5, -1.25], [2.0, 0.0], [0.75, 3.0]], np.float32),),
)
