"""Iris flowers again, under a novel name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.presets import Bits, DataSpec, Preset, Quantizers, Size, Sizes, Targets, Training

if TYPE_CHECKING:
    import keras


def build(q: Quantizers, sizes: Sizes) -> keras.Model:
    import keras
    from qkeras import QActivation, QDense

    x = inputs = keras.Input((4,), name="measures")
    x = QActivation(q.input(), name="quantize")(x)
    x = QDense(sizes["fc1"], kernel_quantizer=q.kernel("fc1"), bias_quantizer=q.bias("fc1"), name="fc1")(x)
    x = QActivation(q.relu("act1"), name="act1")(x)
    x = QDense(3, kernel_quantizer=q.kernel("logits"), bias_quantizer=q.bias("logits"), name="logits")(x)
    return keras.Model(inputs, x)


PRESET = Preset(
    summary="iris flowers again, 4-16-3 dense network, 8 bits",
    build=build,
    sizes={"fc1": Size(default=16, least=4, most=32, step=4)},
    data=DataSpec(dataset="iris", scaling="standard"),
    quantizers=Quantizers(
        inputs=Bits(bits=8, integer=2),
        weights=Bits(bits=8, integer=1),
        biases=Bits(bits=8, integer=1),
        activations=Bits(bits=8, integer=3, signed=False),
    ),
    training=Training(
        float_epochs=200, epochs=200, batch_size=16, float_learning_rate=1e-2, learning_rate=5e-3, patience=60
    ),
    targets=Targets(board="pynq-z2"),
)
