"""MNIST in tables alone: two layers of tables of six bits each, chosen in training, that vote for a digit.

Pixels are divided by 256 and are ones from a half on, which takes no logic. Each table of the last layer is
a vote for one digit; a digit's logit is the number of its votes times a power of two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.presets import Bits, DataSpec, Preset, Quantizers, Size, Sizes, Targets, Training

if TYPE_CHECKING:
    import keras


def build(q: Quantizers, sizes: Sizes) -> keras.Model:
    import keras
    from qkeras import QActivation

    from edgeml.keras.learned import LearnedTables

    x = inputs = keras.Input((784,), name="pixels")
    x = QActivation(q.input(), name="quantize")(x)
    x = keras.layers.Reshape((28, 28, 1), name="image")(x)
    x = keras.layers.Cropping2D(2, name="crop")(x)
    x = keras.layers.Flatten(name="flat")(x)
    if first := sizes["tables1"]:
        x = LearnedTables(first, name="tables1")(x)
    x = LearnedTables(10 * sizes["votes"], name="tables2")(x)
    x = keras.layers.Reshape((10, sizes["votes"]), name="votes")(x)
    x = keras.ops.sum(x, axis=-1)
    return keras.Model(inputs, keras.layers.Rescaling(0.25, name="logits")(x))


PRESET = Preset(
    summary="MNIST, 784-1000-500-10, two layers of tables of six chosen bits, counted as votes",
    build=build,
    sizes={
        "tables1": Size(default=1000, least=0, most=4000, step=200),
        "votes": Size(default=50, least=10, most=400, step=10),
    },
    data=DataSpec(dataset="mnist", scaling="unit", constant=256, flatten=True),
    quantizers=Quantizers(
        inputs=Bits(bits=8, integer=0, signed=False),
        weights=Bits(bits=8, integer=0),
        biases=Bits(bits=8, integer=0),
        activations=Bits(bits=8, integer=0, signed=False),
    ),
    training=Training(
        float_epochs=1,
        epochs=60,
        batch_size=256,
        float_learning_rate=1e-2,
        learning_rate=1e-2,
        patience=60,
    ),
    targets=Targets(board="pynq-z2"),
)
