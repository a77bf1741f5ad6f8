"""Augmentation: layers that change samples at random while a model is trained, and nothing afterwards.

Invariant: `layer(x, training=False)` is x; tests/keras/test_augmentation.py compares every file that takes
`augmentation` from here.
"""

from __future__ import annotations

from typing import Any

from edgeml.keras.handlers import LayerExample, LayerHandler, LayerKind
from edgeml.keras.layers._families import keras_layer, same
from edgeml.keras.layers._float_onnx import unchanged


def augmentation(**settings: Any) -> LayerHandler:
    """The handler of an augmenting layer.

    Args:
        settings: arguments of the class with which the contract tests build it.
    """
    return keras_layer(LayerKind.AUGMENTS, same, unchanged, LayerExample((8, 8, 3), settings))
