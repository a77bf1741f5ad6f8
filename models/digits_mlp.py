"""Handwritten 8x8 digits, a dense network with two hidden layers: trains in seconds, nothing to download.

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
    from qkeras import QActivation, QDense

    x = inputs = keras.Input((64,), name="pixels")
    x = QActivation(q.input(), name="quantize")(x)
    x = QDense(sizes["fc1"], kernel_quantizer=q.kernel("fc1"), bias_quantizer=q.bias("fc1"), name="fc1")(x)
    x = QActivation(q.relu("act1"), name="act1")(x)
    if units := sizes["fc2"]:
        x = QDense(units, kernel_quantizer=q.kernel("fc2"), bias_quantizer=q.bias("fc2"), name="fc2")(x)
        x = QActivation(q.relu("act2"), name="act2")(x)
    x = QDense(10, kernel_quantizer=q.kernel("logits"), bias_quantizer=q.bias("logits"), name="logits")(x)
    return keras.Model(inputs, x)


PRESET = Preset(
    summary="8x8 digits, 64-32-32-10 dense network, 6 bits",
    build=build,
    sizes={
        "fc1": Size(default=32, least=8, most=64, step=8),
        "fc2": Size(default=32, least=0, most=64, step=8),
    },
    data=DataSpec(dataset="digits", scaling="unit", constant=16, flatten=True),
    quantizers=Quantizers(
        inputs=Bits(bits=5, integer=1, signed=False),
        weights=Bits(bits=6, integer=0),
        biases=Bits(bits=6, integer=0),
        activations=Bits(bits=6, integer=2, signed=False),
    ),
    training=Training(
        float_epochs=100, epochs=100, batch_size=32, float_learning_rate=2e-3, learning_rate=2e-3, patience=30
    ),
    targets=Targets(board="pynq-z2"),
)
