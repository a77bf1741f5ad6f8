"""Network connections, normal or an attack: a 119-64-32-1 dense network on NSL-KDD.

Counts of bytes spread over nine decades, so features are scaled by their logarithm. It needs `nsl_kdd.npz`
in the folder that EDGEML_DATA names. The test part has attacks that training never shows.
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
            keras.Input((119,), name="connection"),
            layers.Dense(64, activation="relu", name="fc1"),
            layers.Dense(32, activation="relu", name="fc2"),
            layers.Dense(1, name="logit"),
        ]
    )


PRESET = Preset(
    summary="network connections, normal or attack, 119-64-32-1 dense network, 6 bits",
    build=build,
    data=DataSpec(dataset="nsl_kdd", scaling="log"),
    quantizers=Quantizers(
        inputs=Bits(bits=8, integer=3),
        weights=Bits(bits=6, integer=0),
        biases=Bits(bits=6, integer=0),
        activations=Bits(bits=6, integer=2, signed=False),
    ),
    training=Training(
        float_epochs=10, epochs=10, batch_size=256, float_learning_rate=2e-3, learning_rate=1e-3, patience=5
    ),
    targets=Targets(board="pynq-z2", strategy="resource"),
)
