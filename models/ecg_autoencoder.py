"""Heartbeats: a dense autoencoder of 140-32-8-32-140 that is trained on normal ones and finds the others.

The anomaly score of a beat is the mean squared error of its reconstruction; the threshold is the 95th
percentile of the normal validation beats. It needs `ecg5000.npz` in the folder that EDGEML_DATA names.
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
            keras.Input((140,), name="beat"),
            layers.Dense(32, activation="relu", name="encoder"),
            layers.Dense(8, activation="relu", name="code"),
            layers.Dense(32, activation="relu", name="decoder"),
            layers.Dense(140, name="reconstruction"),
        ]
    )


PRESET = Preset(
    summary="heartbeats, autoencoder with anomaly score, 140-32-8-32-140, 8 bits",
    build=build,
    data=DataSpec(dataset="ecg5000", flatten=True, task="autoencoder", normal=("normal",)),
    quantizers=Quantizers(
        inputs=Bits(bits=10, integer=3),
        weights=Bits(bits=8, integer=1),
        biases=Bits(bits=8, integer=1),
        activations=Bits(bits=8, integer=4, signed=False),
    ),
    training=Training(
        float_epochs=150, epochs=100, batch_size=16, float_learning_rate=2e-3, learning_rate=1e-3, patience=30
    ),
    targets=Targets(board="pynq-z2", strategy="resource"),
)
