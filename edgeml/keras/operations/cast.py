"""Cast: to float32, which everything is already."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._families import moving


def lower(operation: Any, builder: LayerBuilder, value: str) -> str:
    """The value itself."""
    if operation.dtype != "float32":
        raise builder.refuse(f"casts to {operation.dtype}", "compute in float32; quantizers round")
    return value


OPERATION = moving(lower, lambda keras, x, y: keras.ops.cast(x, "float32"))
