"""Ravel: all elements of a whole batch in one row, which no sample can do alone."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """Always refused."""
    del operation, options
    del args
    raise builder.refuse("puts the samples of a batch in one row", "use keras.layers.Flatten")
