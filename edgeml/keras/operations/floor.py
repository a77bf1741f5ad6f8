"""Floor: whole numbers, rounded down."""

from __future__ import annotations

from typing import Any

from edgeml.fixed import Round
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._whole import whole

POINTWISE = True


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Cast."""
    del operation, options
    return whole(builder, args[0].value, Round.TRN)
