"""Minimum: the smaller of two values, or of a value and a constant."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.min import Min
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._common import fold_two

POINTWISE = True


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Min."""
    del operation, options
    return fold_two(builder, Min(), args, "smaller")
