"""Augmentation: layers that change samples at random while a model is trained, and nothing afterwards.

Invariant: `layer(x, training=False)` is x; tests/keras/test_augmentation.py compares every file that takes
`augmentation` from here.
"""

from __future__ import annotations

from typing import Any

from edgeml.keras.handlers import LayerExample, LayerHandler, LayerKind
from edgeml.keras.layers._float import itself
from edgeml.keras.layers._float_onnx import unchanged
from edgeml.keras.layers.dropout import lower


def augmentation(**settings: Any) -> LayerHandler:
    """The handler of an augmenting layer.

    Args:
        settings: arguments of the class with which the contract tests build it.
    """
    return LayerHandler(
        kind=LayerKind.AUGMENTS,
        lower=lower,
        float_layer=itself,
        float_onnx=unchanged,
        examples=(LayerExample((8, 8, 3), settings),),
    )
