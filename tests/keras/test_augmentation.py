"""Augmentation vanishes: every layer of the kind, found by folder, does nothing once training is over."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

from edgeml.errors import EdgemlError
from edgeml.keras import layers as folder
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.handlers import LayerKind
from edgeml.keras.lower import lower, lower_model
from edgeml.keras.registry import snake_case
from tests.keras.exactness import assert_same

keras, qkeras = import_keras(), import_qkeras()
layers = keras.layers


AUGMENTING = [file for file in folder.names() if folder.load(file).kind is LayerKind.AUGMENTS]
CLASSES = {snake_case(name): kind for name, kind in vars(layers).items() if inspect.isclass(kind)}
SETTINGS = {"factor": 0.3, "height_factor": 0.2, "width_factor": 0.2, "value_range": (0, 1)}


def made(file) -> Any:
    make: Any = CLASSES[file]
    wanted = inspect.signature(make.__init__).parameters
    needed = {
        key: SETTINGS[key]
        for key, parameter in wanted.items()
        if key in SETTINGS and (parameter.default is inspect.Parameter.empty or key == "value_range")
    }
    if file == "random_posterization":
        needed["factor"] = 4  # bits
    return make(**needed, name="random")


def images():
    return np.random.default_rng(0).random((3, 8, 8, 3), np.float32)


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(file, marks=[] if file in ("random_flip", "random_contrast") else pytest.mark.slow)
        for file in AUGMENTING
    ],
)
def test_it_vanishes(file):
    layer = made(file)
    assert np.array_equal(np.asarray(layer(images(), training=False)), images())
    source = keras.Input((8, 8, 3), name="x")
    quantized = qkeras.QActivation(qkeras.quantized_bits(6, 0, alpha=1), name="q")
    before = lower_model(keras.Model(source, layers.Flatten()(quantized(layer(source)))))
    assert "random" not in str(before.graph)
    assert before.notes == ()
    behind = keras.Model(source, layers.ReLU()(made(file)(quantized(source))))
    assert_same(behind, images())


def test_a_layer_of_the_users_own_is_still_refused():
    source = keras.Input((4,))
    value = layers.Dropout(0.5, name="drop")(
        qkeras.QActivation(qkeras.quantized_bits(6, 0, alpha=1))(source), training=True
    )
    with pytest.raises(EdgemlError, match="drop: is called with training=True"):
        lower(keras.Model(source, value))


def test_every_random_layer_of_keras_is_here_or_refused_by_name():
    for name in dir(layers):
        if not name.startswith("Random") or snake_case(name) in AUGMENTING:
            continue
        assert name == "RandomCrop"  # crops at inference too
