"""Negative: `-x`."""

from __future__ import annotations

from typing import Any

from edgeml.fixed import FixedType
from edgeml.ir.ops.mul import Mul
from edgeml.keras.builder import LayerBuilder

POINTWISE = True


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """(-1) * x."""
    del operation, options
    return builder.add(
        Mul(), args[0].value, builder.const(-1, FixedType(True, 1, 0), "minus"), part="negative"
    )
