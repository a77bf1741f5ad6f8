"""Handwritten 8x8 digits, two convolutions and a dense layer: trains in seconds, nothing to download.

Pixels go from 0 to 16 and are divided by 16: the input then is ufixed<5,1> and its integer codes are the
stored pixels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.presets import Bits, DataSpec, Preset, Quantizers, Size, Sizes, Targets, Training

if TYPE_CHECKING:
    import keras


def build(q: Quantizers, sizes: Sizes) -> keras.Model:
    import keras
    from qkeras import QActivation, QConv2D, QDense

    few, many = sizes["conv1"], sizes["conv2"]
    x = inputs = keras.Input((8, 8, 1), name="image")
    x = QActivation(q.input(), name="quantize")(x)
    x = QConv2D(few, 3, kernel_quantizer=q.kernel("conv1"), bias_quantizer=q.bias("conv1"), name="conv1")(x)
    x = QActivation(q.relu("act1"), name="act1")(x)
    x = QConv2D(many, 3, kernel_quantizer=q.kernel("conv2"), bias_quantizer=q.bias("conv2"), name="conv2")(x)
    x = QActivation(q.relu("act2"), name="act2")(x)
    x = keras.layers.MaxPooling2D(2, name="pool2")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    x = QDense(10, kernel_quantizer=q.kernel("logits"), bias_quantizer=q.bias("logits"), name="logits")(x)
    return keras.Model(inputs, x)


PRESET = Preset(
    summary="8x8 digits, two convolutions and a dense layer, 6 bits",
    build=build,
    sizes={
        "conv1": Size(default=8, least=2, most=16, step=2),
        "conv2": Size(default=16, least=4, most=32, step=4),
    },
    data=DataSpec(dataset="digits", scaling="unit", constant=16),
    quantizers=Quantizers(
        inputs=Bits(bits=5, integer=1, signed=False),
        weights=Bits(bits=6, integer=0),
        biases=Bits(bits=6, integer=0),
        activations=Bits(bits=6, integer=2, signed=False),
    ),
    training=Training(
        float_epochs=60, epochs=60, batch_size=32, float_learning_rate=2e-3, learning_rate=2e-3, patience=20
    ),
    targets=Targets(board="pynq-z2", io_type="io_stream"),
)
