"""MNIST digits, the 784-256-64-32-10 dense network with 6-bit weights and activations.

Pixels are divided by 256, not 255: the input then is ufixed<8,0> and its integer codes are the stored pixels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.presets import Bits, DataSpec, Preset, Quantizers, Size, Sizes, Targets, Training

if TYPE_CHECKING:
    import keras


def build(q: Quantizers, sizes: Sizes) -> keras.Model:
    import keras
    from qkeras import QActivation, QDense

    x = inputs = keras.Input((784,), name="pixels")
    x = QActivation(q.input(), name="quantize")(x)
    x = QDense(sizes["fc1"], kernel_quantizer=q.kernel("fc1"), bias_quantizer=q.bias("fc1"), name="fc1")(x)
    x = QActivation(q.relu("act1"), name="act1")(x)
    x = QDense(sizes["fc2"], kernel_quantizer=q.kernel("fc2"), bias_quantizer=q.bias("fc2"), name="fc2")(x)
    x = QActivation(q.relu("act2"), name="act2")(x)
    if units := sizes["fc3"]:
        x = QDense(units, kernel_quantizer=q.kernel("fc3"), bias_quantizer=q.bias("fc3"), name="fc3")(x)
        x = QActivation(q.relu("act3"), name="act3")(x)
    x = QDense(10, kernel_quantizer=q.kernel("logits"), bias_quantizer=q.bias("logits"), name="logits")(x)
    return keras.Model(inputs, x)


PRESET = Preset(
    summary="MNIST, 784-256-64-32-10 dense network, 6 bits",
    build=build,
    sizes={
        "fc1": Size(default=256, least=32, most=256, step=32),
        "fc2": Size(default=64, least=16, most=128, step=16),
        "fc3": Size(default=32, least=0, most=64, step=16),
    },
    data=DataSpec(dataset="mnist", scaling="unit", constant=256, flatten=True),
    quantizers=Quantizers(
        inputs=Bits(bits=8, integer=0, signed=False),
        weights=Bits(bits=6, integer=0),
        biases=Bits(bits=6, integer=0),
        activations=Bits(bits=6, integer=2, signed=False),
    ),
    training=Training(
        float_epochs=20, epochs=20, batch_size=256, float_learning_rate=2e-3, learning_rate=1e-3, patience=8
    ),
    targets=Targets(board="zcu102", strategy="resource"),
)
