"""quantized_ulaw: a table of what QKeras returns for every code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgeml.keras.quantizers import _table

if TYPE_CHECKING:
    from edgeml.keras.builder import LayerBuilder


def lower_activation(quantizer: Any, builder: LayerBuilder, value: str, name: str) -> str:
    """A table."""
    return _table.tabulate(quantizer, builder, value, name)
