"""TrueDivide: `x / c` by a constant; `c / x` is a real function, for the quantizer that follows."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.ir.kind import Kind
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.layers._activation import keras_function
from edgeml.keras.operations._common import Operand, per_sample
from edgeml.keras.operations._float_onnx import two
from edgeml.keras.operations._scaled import times


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """x * (1 / c), exact for powers of two."""
    numerator, denominator = args
    if not isinstance(numerator, Operand):
        return builder.function(
            denominator.value, keras_function(lambda x: operation(numerator, x)), "a reciprocal"
        )
    if isinstance(denominator, Operand):
        raise builder.refuse(
            "divides one value by another", "multiply by a quantized keras.ops.true_divide(1.0, y)"
        )
    rank = len(builder.info(numerator.value).shape)
    divisors = per_sample(builder, denominator, rank).astype(np.float64)
    if np.any(divisors == 0):
        raise builder.refuse("divides by zero", "use another constant")
    apply = keras_function(lambda x: operation(x, denominator))
    return times(builder, numerator.value, 1.0 / divisors, apply, "a quotient by a constant")


OPERATION = OperationHandler(
    kind=Kind.POINTWISE,
    lower=lower,
    float_onnx=two("Div"),
    examples=(
        lambda keras, x, y: x / 2,
        lambda keras, x, y: x / 3,
        lambda keras, x, y: 1 / (keras.ops.relu(x) + 1),
    ),
)
