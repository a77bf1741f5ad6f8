"""Add: `x + y`, of two values or a value and a constant."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.add import Add
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._common import fold_two

POINTWISE = True


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """An Add."""
    del operation, options
    return fold_two(builder, Add(), args, "sum")
