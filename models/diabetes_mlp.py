"""Diabetes: the progression of a disease from ten measures, a regression by a 10-16-8-1 dense network.

The result is the published measure divided by 128 (`edgeml/datasets/diabetes.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.presets import Bits, DataSpec, Preset, Quantizers, Targets, Training

if TYPE_CHECKING:
    import keras


def build() -> keras.Model:
    import keras

    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((10,), name="measures"),
            layers.Dense(16, activation="relu", kernel_regularizer="l2", name="fc1"),
            layers.Dense(8, activation="relu", kernel_regularizer="l2", name="fc2"),
            layers.Dense(1, name="progression"),
        ]
    )


PRESET = Preset(
    summary="diabetes, regression, 10-16-8-1 dense network, 8 bits",
    build=build,
    data=DataSpec(dataset="diabetes", scaling="standard", task="regression"),
    quantizers=Quantizers(
        inputs=Bits(bits=8, integer=2),
        weights=Bits(bits=8, integer=0),
        biases=Bits(bits=8, integer=1),
        activations=Bits(bits=8, integer=2, signed=False),
    ),
    training=Training(
        float_epochs=150,
        epochs=100,
        batch_size=32,
        float_learning_rate=3e-3,
        learning_rate=1e-3,
        patience=30,
    ),
    targets=Targets(board="pynq-z2"),
)
