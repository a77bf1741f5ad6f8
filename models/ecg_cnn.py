"""Heartbeats, normal or abnormal: a 1-D convolutional network over 140 samples of one lead.

It needs `ecg5000.npz` in the folder that EDGEML_DATA names.
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
            keras.Input((140, 1), name="beat"),
            layers.Conv1D(8, 7, strides=2, activation="relu", name="conv1"),
            layers.MaxPooling1D(2, name="pool1"),
            layers.Conv1D(12, 5, activation="relu", name="conv2"),
            layers.MaxPooling1D(2, name="pool2"),
            layers.Flatten(name="flatten"),
            layers.Dense(8, activation="relu", name="fc1"),
            layers.Dense(1, name="logit"),
        ]
    )


PRESET = Preset(
    summary="heartbeats, normal or abnormal, two 1-D convolutions and two dense layers, 8 bits",
    build=build,
    data=DataSpec(dataset="ecg5000"),
    quantizers=Quantizers(
        inputs=Bits(bits=10, integer=3),
        weights=Bits(bits=8, integer=0),
        biases=Bits(bits=8, integer=0),
        activations=Bits(bits=8, integer=3, signed=False),
    ),
    training=Training(
        float_epochs=40, epochs=30, batch_size=16, float_learning_rate=2e-3, learning_rate=1e-3, patience=12
    ),
    targets=Targets(board="pynq-z2", io_type="io_stream"),
)
