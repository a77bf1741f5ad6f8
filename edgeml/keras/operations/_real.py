"""Operations that are real functions of one value, element by element: for the quantizer that follows."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._activation import keras_function

NAMES = frozenset(
    [
        *(
            "Tanh",
            "Exp",
            "Expm1",
            "Log",
            "Log1p",
            "Sqrt",
            "Rsqrt",
            "Reciprocal",
            "Sin",
            "Cos",
            "Arctan",
            "Sinh",
            "Cosh",
        ),
        *("Silu", "Gelu", "Elu", "Selu", "Celu", "Softplus", "Softsign", "Mish", "LogSigmoid", "HardSigmoid"),
        *(
            "HardSilu",
            "HardSwish",
            "HardTanh",
            "HardShrink",
            "SoftShrink",
            "TanhShrink",
            "SparsePlus",
            "Squareplus",
        ),
        *("SparseSigmoid", "Erf"),
    ]
)
"""Class names. Those that are not finite everywhere are refused where a value reaches that place."""

POINTWISE = True


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """Waits for the quantizer."""
    del options
    return builder.function(args[0].value, keras_function(operation), type(operation).__name__.lower())
