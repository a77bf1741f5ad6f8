"""Copy: the value itself."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder

MOVES = True


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """The value itself."""
    del operation, builder, options
    return args[0].value
