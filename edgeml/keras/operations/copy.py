"""Copy: the value itself."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._families import moving


def lower(operation: Any, builder: LayerBuilder, value: str) -> str:
    """The value itself."""
    return value


OPERATION = moving(lower, lambda keras, x, y: keras.ops.copy(x))
