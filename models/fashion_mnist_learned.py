"""Fashion-MNIST with learned bit widths: a 784-64-32-32-10 dense network of few weights, each with its bits.

Pixels are divided by 256, so the input's codes are the stored pixels; a layer with learned widths truncates
them, which takes no logic. Nearly all weights are pruned, by magnitude, while the penalty takes bits of what
is left.
RUN/front has the checkpoints on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.presets import BitPenalty, Bits, DataSpec, Preset, Pruning, Quantizers, Targets, Training
from edgeml.presets.spec import LayerBits, OtherBits

if TYPE_CHECKING:
    import keras


def build(q: Quantizers) -> keras.Model:
    import keras
    from qkeras import QActivation

    from edgeml.keras.learned import LearnedDense

    x = inputs = keras.Input((784,), name="pixels")
    x = QActivation(q.input(), name="quantize")(x)
    x = LearnedDense(64, activation="relu", **q.learned("fc1"), name="fc1")(x)
    x = LearnedDense(32, activation="relu", **q.learned("fc2"), name="fc2")(x)
    x = LearnedDense(32, activation="relu", **q.learned("fc3"), name="fc3")(x)
    x = LearnedDense(10, **q.learned("logits"), name="logits")(x)
    return keras.Model(inputs, x)


PRESET = Preset(
    summary="Fashion-MNIST, 784-64-32-32-10 dense network, learned bit widths",
    build=build,
    data=DataSpec(dataset="fashion_mnist", scaling="unit", constant=256, flatten=True),
    quantizers=Quantizers(
        inputs=Bits(bits=8, integer=0, signed=False),
        weights=Bits(bits=5, integer=0),
        biases=Bits(bits=5, integer=0),
        activations=Bits(bits=5, integer=2, signed=False),
        layers={"fc1": LayerBits(activations=OtherBits(bits=2, integer=0))},
    ),
    training=Training(
        float_epochs=8,
        epochs=100,
        batch_size=256,
        float_learning_rate=2e-3,
        learning_rate=4e-3,
        patience=30,
        bit_penalty=BitPenalty(first=2e-6, last=1e-4),
        pruning=Pruning(sparsity=0.95, scope="global", end=0.3),
    ),
    targets=Targets(board="pynq-z2"),
)
