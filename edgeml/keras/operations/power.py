"""Power: `x ** n`, a real function: float32's power is off in its last bit where a product would not be.

Without a quantizer behind it, it is products for whole n from 2 to 8, with a note.
"""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.ir.ops.mul import Mul
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.layers._activation import keras_function
from edgeml.keras.operations._common import Operand, scalar
from edgeml.keras.operations._float_onnx import two

_MOST = 8


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """x * x * ... ."""
    base, exponent = args
    if not isinstance(base, Operand):
        return builder.function(
            exponent.value, keras_function(lambda x: operation(base, x)), "a power of a constant"
        )
    if isinstance(exponent, Operand):
        raise builder.refuse("takes one value to the power of another", "use a constant exponent")
    n = scalar(builder, exponent)

    def products(source: str) -> str:
        builder.inexact("float32's power may be off in its last bit", f"write {' * '.join(['x'] * int(n))}")
        result = source
        for _ in range(int(n) - 1):
            result = builder.add(Mul(), result, source, part="power")
        return result

    whole = n == int(n) and 2 <= n <= _MOST
    apply = keras_function(lambda x: operation(x, exponent))
    return builder.function(base.value, apply, f"power {n:g}", approximate=products if whole else None)


OPERATION = OperationHandler(
    kind=Kind.POINTWISE,
    lower=lower,
    float_onnx=two("Pow"),
    examples=(
        lambda keras, x, y: x**3,
        lambda keras, x, y: 2.0**x,
    ),
)
