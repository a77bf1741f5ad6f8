"""Augmentation: layers that change samples at random while a model is trained, and nothing afterwards.

Invariant: `layer(x, training=False)` is x; tests/keras/test_augmentation.py compares every file that takes
`lower` from here.
"""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder

MOVES = True
AUGMENTS = True


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """The value itself."""
    del layer, builder
    return inputs[0]
