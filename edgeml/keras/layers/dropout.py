"""Dropout: does nothing at inference."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder

MOVES = True


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """The value itself."""
    del layer, builder
    return inputs[0]
