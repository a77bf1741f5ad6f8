"""MNIST in few LUTs: 512 neurons that read six pixels of one bit each, and two layers of learned widths.

The first layer's neurons keep their six largest weights (`fan_in`), so that each is a table in Verilog: one
LUT per bit of its result, whatever its weights. Pixels are divided by 256 and truncated to their highest bit,
the margin of two pixels is left off; neither takes logic. RUN/front has the checkpoints on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.presets import (
    BitPenalty,
    Bits,
    DataSpec,
    Preset,
    Pruning,
    Quantizers,
    Size,
    Sizes,
    Targets,
    Training,
)
from edgeml.presets.spec import LayerBits, OtherBits

if TYPE_CHECKING:
    import keras


def build(q: Quantizers, sizes: Sizes) -> keras.Model:
    import keras
    from qkeras import QActivation, QDense

    from edgeml.keras.learned import LearnedActivation, LearnedDense

    x = inputs = keras.Input((784,), name="pixels")
    x = QActivation(q.input(), name="quantize")(x)
    x = LearnedActivation(1, "tensor", trainable=False, name="binary")(x)
    x = keras.layers.Reshape((28, 28, 1), name="image")(x)
    x = keras.layers.Cropping2D(2, name="crop")(x)
    x = keras.layers.Flatten(name="flat")(x)
    kernel, bias = q.kernel("fc1"), q.bias("fc1")
    x = QDense(sizes["fc1"], kernel_quantizer=kernel, bias_quantizer=bias, name="fc1")(x)
    x = QActivation(q.relu("act1"), name="act1")(x)
    x = LearnedDense(sizes["fc2"], activation="relu", **q.learned("fc2"), name="fc2")(x)
    x = LearnedDense(10, **q.learned("logits"), name="logits")(x)
    return keras.Model(inputs, x)


PRESET = Preset(
    summary="MNIST, 784-512-32-10 dense network, tables of six pixels, then learned bit widths",
    build=build,
    sizes={
        "fc1": Size(default=512, least=64, most=1024, step=64),
        "fc2": Size(default=32, least=8, most=128, step=8),
    },
    data=DataSpec(dataset="mnist", scaling="unit", constant=256, flatten=True),
    quantizers=Quantizers(
        inputs=Bits(bits=8, integer=0, signed=False),
        weights=Bits(bits=5, integer=1),
        biases=Bits(bits=5, integer=1),
        activations=Bits(bits=5, integer=2, signed=False),
        layers={
            "fc1": LayerBits(weights=OtherBits(bits=8, integer=2), biases=OtherBits(bits=8, integer=2)),
            "act1": LayerBits(activations=OtherBits(bits=8, integer=0)),
            "fc2": LayerBits(activations=OtherBits(bits=1, integer=0)),
        },
    ),
    training=Training(
        float_epochs=2,
        epochs=36,
        batch_size=512,
        float_learning_rate=2e-3,
        learning_rate=4e-3,
        bit_penalty=BitPenalty(first=3e-6, last=1e-4, max_accuracy_loss=0.001),
        pruning=Pruning(sparsity=0.92, scope="global", end=0.4, fan_in={"fc1": 6}),
    ),
    targets=Targets(board="pynq-z2"),
)
