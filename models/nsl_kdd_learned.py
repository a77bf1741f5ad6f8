"""The network of nsl_kdd_mlp with learned bit widths: each weight and each feature has bits of its own.

RUN/front has the checkpoints on the way. It needs `nsl_kdd.npz` in the folder that EDGEML_DATA names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.presets import BitPenalty, Bits, DataSpec, Preset, Quantizers, Targets, Training

if TYPE_CHECKING:
    import keras


def build(q: Quantizers) -> keras.Model:
    import keras
    from qkeras import QActivation

    from edgeml.keras.learned import LearnedDense

    x = inputs = keras.Input((119,), name="connection")
    x = QActivation(q.input(), name="quantize")(x)
    x = LearnedDense(64, activation="relu", **q.learned("fc1"), name="fc1")(x)
    x = LearnedDense(32, activation="relu", **q.learned("fc2"), name="fc2")(x)
    x = LearnedDense(1, **q.learned("logit"), name="logit")(x)
    return keras.Model(inputs, x)


PRESET = Preset(
    summary="network connections, normal or attack, 119-64-32-1 dense network, learned bit widths",
    build=build,
    data=DataSpec(dataset="nsl_kdd", scaling="log"),
    quantizers=Quantizers(
        inputs=Bits(bits=8, integer=3),
        weights=Bits(bits=5, integer=0),
        biases=Bits(bits=5, integer=0),
        activations=Bits(bits=5, integer=2, signed=False),
    ),
    training=Training(
        float_epochs=5,
        epochs=300,
        batch_size=512,
        float_learning_rate=2e-3,
        learning_rate=4e-3,
        bit_penalty=BitPenalty(first=1e-6, last=3e-3),
    ),
    targets=Targets(board="pynq-z2"),
)
