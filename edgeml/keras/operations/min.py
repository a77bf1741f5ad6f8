"""Min: the smallest along axes."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations import amin


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """-max(-x)."""
    if operation.initial is not None:
        raise builder.refuse("has an initial value", "use keras.ops.minimum after it")
    return amin.lower(operation, builder, args, options)
