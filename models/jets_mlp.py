"""LHC jets from 16 features, the 16-64-32-32-5 dense network of Duarte et al., JINST 13 (2018) P07027."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.presets import Bits, DataSpec, Preset, Quantizers, Targets, Training

if TYPE_CHECKING:
    import keras


def build(q: Quantizers) -> keras.Model:
    import keras
    from qkeras import QActivation, QDense

    x = inputs = keras.Input((16,), name="features")
    x = QActivation(q.input(), name="quantize")(x)
    x = QDense(64, kernel_quantizer=q.kernel("fc1"), bias_quantizer=q.bias("fc1"), name="fc1")(x)
    x = QActivation(q.relu("act1"), name="act1")(x)
    x = QDense(32, kernel_quantizer=q.kernel("fc2"), bias_quantizer=q.bias("fc2"), name="fc2")(x)
    x = QActivation(q.relu("act2"), name="act2")(x)
    x = QDense(32, kernel_quantizer=q.kernel("fc3"), bias_quantizer=q.bias("fc3"), name="fc3")(x)
    x = QActivation(q.relu("act3"), name="act3")(x)
    x = QDense(5, kernel_quantizer=q.kernel("logits"), bias_quantizer=q.bias("logits"), name="logits")(x)
    return keras.Model(inputs, x)


PRESET = Preset(
    summary="LHC jets, 16-64-32-32-5 dense network, 6 bits",
    build=build,
    data=DataSpec(dataset="jets", scaling="standard"),
    quantizers=Quantizers(
        inputs=Bits(bits=12, integer=3),
        weights=Bits(bits=6, integer=0),
        biases=Bits(bits=6, integer=0),
        activations=Bits(bits=6, integer=2, signed=False),
    ),
    training=Training(
        float_epochs=20, epochs=20, batch_size=1024, float_learning_rate=2e-3, learning_rate=1e-3, patience=8
    ),
    targets=Targets(board="zcu102"),
)
