"""Handwritten 8x8 digits read row by row: a GRU over 8 steps of 8 pixels, nothing to download.

The layers are plain ones of Keras and get their quantized twins from the formats below. Pixels go from 0 to
16 and are divided by 16: the input then is ufixed<5,1> and its integer codes are the stored pixels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.presets import Bits, DataSpec, Preset, Quantizers, Size, Sizes, Targets, Training

if TYPE_CHECKING:
    import keras


def build(sizes: Sizes) -> keras.Model:
    import keras

    x = inputs = keras.Input((8, 8, 1), name="image")
    x = keras.layers.Reshape((8, 8), name="rows")(x)
    x = keras.layers.GRU(sizes["memory"], name="memory")(x)
    x = keras.layers.Dense(10, name="logits")(x)
    return keras.Model(inputs, x)


PRESET = Preset(
    summary="8x8 digits read row by row, a GRU of 16 units, 6 bits",
    build=build,
    sizes={"memory": Size(default=16, least=4, most=24, step=4)},
    data=DataSpec(dataset="digits", scaling="unit", constant=16),
    quantizers=Quantizers(
        inputs=Bits(bits=5, integer=1, signed=False),
        weights=Bits(bits=6, integer=1),
        biases=Bits(bits=6, integer=1),
        activations=Bits(bits=6, integer=0),
    ),
    training=Training(
        float_epochs=40, epochs=30, batch_size=32, float_learning_rate=5e-3, learning_rate=2e-3, patience=20
    ),
    targets=Targets(board="zcu102"),
)
