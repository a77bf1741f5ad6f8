"""CIFAR-10 in grey: three convolutions and two dense layers on 32x32 pixels, small enough for a board.

It needs CIFAR-10 (`edgeml/datasets/cifar10.py` says where it is looked for).
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
            keras.Input((32, 32, 1), name="image"),
            layers.Conv2D(16, 3, activation="relu", name="conv1"),
            layers.MaxPooling2D(2, name="pool1"),
            layers.Conv2D(24, 3, activation="relu", name="conv2"),
            layers.MaxPooling2D(2, name="pool2"),
            layers.Conv2D(32, 3, activation="relu", name="conv3"),
            layers.MaxPooling2D(2, name="pool3"),
            layers.Flatten(name="flatten"),
            layers.Dense(32, activation="relu", name="fc1"),
            layers.Dense(10, name="logits"),
        ]
    )


PRESET = Preset(
    summary="CIFAR-10 in grey, three convolutions and two dense layers, 8 bits",
    build=build,
    data=DataSpec(dataset="cifar10_grey", scaling="unit", constant=256),
    quantizers=Quantizers(
        inputs=Bits(bits=8, integer=0, signed=False),
        weights=Bits(bits=8, integer=0),
        biases=Bits(bits=8, integer=0),
        activations=Bits(bits=8, integer=3, signed=False),
    ),
    training=Training(
        float_epochs=20, epochs=10, batch_size=64, float_learning_rate=2e-3, learning_rate=1e-3, patience=6
    ),
    targets=Targets(board="pynq-z2", io_type="io_stream", strategy="resource"),
)
