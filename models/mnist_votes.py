"""MNIST in tables alone: each reads six pixels of one bit, chosen in training, and votes for a digit.

Pixels are divided by 256 and are ones from a half on, which takes no logic; the margin of three pixels is
left off. A digit's logit is the number of its votes times a power of two. `model.sizes.hidden` puts another
layer of tables in front of the votes. Training samples are moved by up to 1.4 pixels, so that
tables do not learn them by heart. Tables have no widths, so the float baseline is the same network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.presets import Bits, DataSpec, KerasClass, Preset, Quantizers, Size, Sizes, Targets, Training

if TYPE_CHECKING:
    import keras


def build(q: Quantizers, sizes: Sizes) -> keras.Model:
    import keras
    from qkeras import QActivation

    from edgeml.keras.learned import LearnedTables

    x = inputs = keras.Input((784,), name="pixels")
    x = QActivation(q.input(), name="quantize")(x)
    x = keras.layers.Reshape((28, 28, 1), name="image")(x)
    x = keras.layers.Cropping2D(3, name="crop")(x)
    x = keras.layers.Flatten(name="flat")(x)
    if hidden := sizes["hidden"]:
        x = LearnedTables(hidden, name="hidden")(x)
    x = LearnedTables(10 * sizes["votes"], name="tables")(x)
    x = keras.layers.Reshape((10, sizes["votes"]), name="votes")(x)
    x = keras.ops.sum(x, axis=-1)
    return keras.Model(inputs, keras.layers.Rescaling(0.25, name="logits")(x))


PRESET = Preset(
    summary="MNIST, 1,200 tables of six chosen pixels of one bit, counted as votes",
    build=build,
    sizes={
        "hidden": Size(default=0, least=0, most=1000, step=100),
        "votes": Size(default=120, least=10, most=400, step=10),
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
        epochs=36,
        batch_size=512,
        float_learning_rate=5e-2,
        learning_rate=5e-2,
        patience=36,
        augmentation=(
            KerasClass(
                name="random_translation", height_factor=0.05, width_factor=0.05, fill_mode="constant"
            ),
        ),
    ),
    targets=Targets(board="pynq-z2"),
)
