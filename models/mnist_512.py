"""MNIST by a 784-512-512-10 network, as lectures draw it: plain Keras layers with dropout and a softmax.

Dropout is there in training alone; the graph ends in the logits.
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
            keras.Input((784,), name="pixels"),
            layers.Dense(512, activation="relu", name="fc1"),
            layers.Dropout(0.2, name="dropout1"),
            layers.Dense(512, activation="relu", name="fc2"),
            layers.Dropout(0.2, name="dropout2"),
            layers.Dense(10, activation="softmax", name="digit"),
        ]
    )


PRESET = Preset(
    summary="MNIST, 784-512-512-10 dense network with dropout, 6 bits",
    build=build,
    data=DataSpec(dataset="mnist", scaling="unit", constant=256, flatten=True),
    quantizers=Quantizers(
        inputs=Bits(bits=8, integer=0, signed=False),
        weights=Bits(bits=6, integer=0),
        biases=Bits(bits=6, integer=0),
        activations=Bits(bits=6, integer=2, signed=False),
    ),
    training=Training(
        float_epochs=8, epochs=5, batch_size=256, float_learning_rate=1e-3, learning_rate=5e-4, patience=5
    ),
    targets=Targets(board="zcu102", strategy="resource"),
)
