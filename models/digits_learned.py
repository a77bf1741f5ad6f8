"""The digits network of digits_mlp with learned bit widths: each weight and each input has bits of its own.

Training starts at a few fractional bits everywhere; the penalty on bit operations then takes away what the
accuracy does not need, whole weights and pixels among it. RUN/front has the checkpoints on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.presets import BitPenalty, Bits, DataSpec, Preset, Quantizers, Size, Sizes, Targets, Training

if TYPE_CHECKING:
    import keras


def build(q: Quantizers, sizes: Sizes) -> keras.Model:
    import keras
    from qkeras import QActivation

    from edgeml.keras.learned import LearnedDense

    x = inputs = keras.Input((64,), name="pixels")
    x = QActivation(q.input(), name="quantize")(x)
    x = LearnedDense(sizes["fc1"], activation="relu", **q.learned("fc1"), name="fc1")(x)
    if sizes["fc2"]:
        x = LearnedDense(sizes["fc2"], activation="relu", **q.learned("fc2"), name="fc2")(x)
    x = LearnedDense(10, **q.learned("logits"), name="logits")(x)
    return keras.Model(inputs, x)


PRESET = Preset(
    summary="8x8 digits, 64-32-32-10 dense network, learned bit widths",
    build=build,
    sizes={
        "fc1": Size(default=32, least=8, most=64, step=8),
        "fc2": Size(default=32, least=0, most=64, step=8),
    },
    data=DataSpec(dataset="digits", scaling="unit", constant=16, flatten=True),
    quantizers=Quantizers(
        inputs=Bits(bits=5, integer=1, signed=False),
        weights=Bits(bits=5, integer=0),
        biases=Bits(bits=5, integer=0),
        activations=Bits(bits=6, integer=2, signed=False),
    ),
    training=Training(
        float_epochs=100,
        epochs=700,
        batch_size=32,
        float_learning_rate=2e-3,
        learning_rate=8e-3,
        patience=30,
        bit_penalty=BitPenalty(first=1e-6, last=2e-4),
    ),
    targets=Targets(board="pynq-z2"),
)
