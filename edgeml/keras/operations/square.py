"""Square: `keras.ops.square(x)`."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.relu import Relu
from edgeml.keras.builder import LayerBuilder

POINTWISE = True


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """x * x; a Relu says to the interval arithmetic that it is never negative."""
    del operation, options
    product = builder.add(Mul(), args[0].value, args[0].value, part="product")
    return builder.add(Relu(), product, part="square")
