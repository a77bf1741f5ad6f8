"""Gamma rays or hadrons in a Cherenkov telescope: a 300-150-100-50-1 network, as lectures draw it.

Plain Keras layers that end in a sigmoid; the graph ends in its logit. It needs `magic04.npz` in the folder
that EDGEML_DATA names.
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
            keras.Input((10,), name="image_parameters"),
            layers.Dense(300, activation="relu", name="fc1"),
            layers.Dense(150, activation="relu", name="fc2"),
            layers.Dense(100, activation="relu", name="fc3"),
            layers.Dense(50, activation="relu", name="fc4"),
            layers.Dense(1, activation="sigmoid", name="hadron"),
        ]
    )


PRESET = Preset(
    summary="MAGIC telescope, gamma or hadron, 300-150-100-50-1 dense network, 8 bits",
    build=build,
    data=DataSpec(dataset="magic04", scaling="standard"),
    quantizers=Quantizers(
        inputs=Bits(bits=10, integer=3),
        weights=Bits(bits=8, integer=0),
        biases=Bits(bits=8, integer=0),
        activations=Bits(bits=8, integer=2, signed=False),
    ),
    training=Training(
        float_epochs=20, epochs=12, batch_size=128, float_learning_rate=1e-3, learning_rate=5e-4, patience=6
    ),
    targets=Targets(board="zcu102", strategy="resource"),
)
