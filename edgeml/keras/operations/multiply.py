"""Multiply: `x * y`, of two values or a value and a constant."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.ir.kind import Kind
from edgeml.ir.ops.mul import Mul
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.layers._activation import keras_function
from edgeml.keras.operations._common import Operand, fold_two, per_sample
from edgeml.keras.operations._float_onnx import two
from edgeml.keras.operations._scaled import times


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Mul; by a constant a shift where that is a power of two."""
    if all(isinstance(arg, Operand) for arg in args):
        return fold_two(builder, Mul(), args, "product")
    value = next(arg.value for arg in args if isinstance(arg, Operand))
    factor = next(arg for arg in args if not isinstance(arg, Operand))
    factors = per_sample(builder, factor, len(builder.info(value).shape)).astype(np.float64)
    return times(
        builder, value, factors, keras_function(lambda x: operation(x, factor)), "a product with a constant"
    )


OPERATION = OperationHandler(
    kind=Kind.POINTWISE,
    lower=lower,
    float_onnx=two("Mul"),
    examples=(
        lambda keras, x, y: x * y,
        lambda keras, x, y: x * 3,
        lambda keras, x, y: x * -0.3,
    ),
)
