"""Detector pulses with three independent labels (alpha, pile-up, saturated): a 1-D convolutional network.

The data are simulated (`edgeml/datasets/_pulses.py`). The input's integers are the ADC's codes, 12 bits.
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
            keras.Input((64, 1), name="pulse"),
            layers.Conv1D(8, 5, activation="relu", name="conv1"),
            layers.MaxPooling1D(2, name="pool1"),
            layers.Conv1D(8, 5, activation="relu", name="conv2"),
            layers.MaxPooling1D(2, name="pool2"),
            layers.Flatten(name="flatten"),
            layers.Dense(16, activation="relu", name="fc1"),
            layers.Dense(3, name="flags"),
        ]
    )


PRESET = Preset(
    summary="detector pulses, several labels, two 1-D convolutions and two dense layers, 8 bits",
    build=build,
    data=DataSpec(dataset="pulse_flags", scaling="unit", constant=4096, task="multi_label"),
    quantizers=Quantizers(
        inputs=Bits(bits=12, integer=0, signed=False),
        weights=Bits(bits=8, integer=1),
        biases=Bits(bits=8, integer=1),
        activations=Bits(bits=10, integer=3, signed=False),
    ),
    training=Training(
        float_epochs=40, epochs=30, batch_size=32, float_learning_rate=3e-3, learning_rate=1e-3, patience=12
    ),
    targets=Targets(board="pynq-z2", io_type="io_stream"),
)
