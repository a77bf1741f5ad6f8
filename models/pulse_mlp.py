"""Detector pulses, gamma, alpha or pile-up: a 64-32-16-3 dense network on the codes of a 12-bit ADC.

The data are simulated (`edgeml/datasets/_pulses.py`). Codes are divided by 4096: the input is ufixed<12,0>,
whose integers are the ADC's, so that nothing stands between converter and network.
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
            keras.Input((64,), name="pulse"),
            layers.Dense(32, activation="relu", name="fc1"),
            layers.Dense(16, activation="relu", name="fc2"),
            layers.Dense(3, name="logits"),
        ]
    )


PRESET = Preset(
    summary="detector pulses, gamma, alpha or pile-up, 64-32-16-3 dense network, 8 bits",
    build=build,
    data=DataSpec(dataset="pulse_shapes", scaling="unit", constant=4096, flatten=True),
    quantizers=Quantizers(
        inputs=Bits(bits=12, integer=0, signed=False),
        weights=Bits(bits=8, integer=2),
        biases=Bits(bits=8, integer=1),
        activations=Bits(bits=10, integer=3, signed=False),
    ),
    training=Training(
        float_epochs=40, epochs=30, batch_size=32, float_learning_rate=3e-3, learning_rate=1e-3, patience=12
    ),
    targets=Targets(board="pynq-z2"),
)
