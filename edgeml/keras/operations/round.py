"""Round: whole numbers, rounded half to even."""

from __future__ import annotations

from typing import Any

from edgeml.fixed import Round
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._whole import whole

POINTWISE = True


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Cast."""
    del options
    if operation.decimals:
        raise builder.refuse(
            f"rounds to {operation.decimals} decimals", "use QActivation(quantized_bits(...))"
        )
    return whole(builder, args[0].value, Round.RND_CONV)
