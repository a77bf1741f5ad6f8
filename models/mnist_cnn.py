"""MNIST digits, a convolutional network with two convolutions, small enough to stream through a small board.

Pixels are divided by 256, not 255: the input then is ufixed<8,0> and its integer codes are the stored pixels.
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
    x = inputs = keras.Input((28, 28, 1), name="image")
    x = QActivation(q.input(), name="quantize")(x)
    x = QConv2D(few, 3, kernel_quantizer=q.kernel("conv1"), bias_quantizer=q.bias("conv1"), name="conv1")(x)
    x = QActivation(q.relu("act1"), name="act1")(x)
    x = keras.layers.MaxPooling2D(2, name="pool1")(x)
    x = QConv2D(many, 3, kernel_quantizer=q.kernel("conv2"), bias_quantizer=q.bias("conv2"), name="conv2")(x)
    x = QActivation(q.relu("act2"), name="act2")(x)
    x = keras.layers.MaxPooling2D(2, name="pool2")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    if units := sizes["fc1"]:
        x = QDense(units, kernel_quantizer=q.kernel("fc1"), bias_quantizer=q.bias("fc1"), name="fc1")(x)
        x = QActivation(q.relu("act3"), name="act3")(x)
    x = QDense(10, kernel_quantizer=q.kernel("logits"), bias_quantizer=q.bias("logits"), name="logits")(x)
    return keras.Model(inputs, x)


PRESET = Preset(
    summary="MNIST, two convolutions and two dense layers, 6 bits",
    build=build,
    sizes={
        "conv1": Size(default=16, least=4, most=24, step=4),
        "conv2": Size(default=24, least=8, most=32, step=8),
        "fc1": Size(default=32, least=0, most=64, step=16),
    },
    data=DataSpec(dataset="mnist", scaling="unit", constant=256),
    quantizers=Quantizers(
        inputs=Bits(bits=8, integer=0, signed=False),
        weights=Bits(bits=6, integer=0),
        biases=Bits(bits=6, integer=0),
        activations=Bits(bits=6, integer=2, signed=False),
    ),
    training=Training(
        float_epochs=12, epochs=8, batch_size=128, float_learning_rate=2e-3, learning_rate=1e-3, patience=6
    ),
    targets=Targets(board="pynq-z2", io_type="io_stream", strategy="resource"),
)
