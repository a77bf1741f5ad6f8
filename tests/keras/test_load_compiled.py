"""Model files of others: compiled with anything, of sizes nobody can build. Older ones: `test_rebuild`."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest

from edgeml.errors import EdgemlError
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.load import load_model
from tests.keras.test_load import rewritten

keras, qkeras = import_keras(), import_qkeras()

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning",  # Keras' own saving
    "ignore:You are saving your model as an HDF5 file",
    "ignore:The object being serialized includes a `lambda`",
)


def bits():
    return qkeras.quantized_bits(6, 0, alpha=1)


def classifier():
    return keras.Sequential(
        [
            keras.Input((4,)),
            qkeras.QActivation(bits()),
            qkeras.QDense(3, kernel_quantizer=bits(), bias_quantizer=bits(), name="fc"),
        ]
    )


def nested():
    inner = classifier()
    inner.compile(loss=own_loss)
    source = keras.Input((4,))
    return keras.Model(source, qkeras.QActivation(bits())(inner(source)))


def own_loss(truth, guess):
    return keras.ops.mean(keras.ops.abs(truth - guess))


class OwnLoss(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return y_pred - y_true


class OwnMetric(keras.metrics.Mean):
    pass


COMPILED = {
    "a function": lambda: {"loss": own_loss},
    "a lambda": lambda: {"loss": lambda truth, guess: truth - guess},
    "a class": lambda: {"loss": OwnLoss()},
    "a metric": lambda: {"loss": "mse", "metrics": [OwnMetric(name="mine"), own_loss]},
    "keras.losses": lambda: {"loss": keras.losses.sparse_categorical_crossentropy},
    "an optimizer": lambda: {
        "loss": "mse",
        "optimizer": keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 9)),
    },
}


@pytest.mark.parametrize("make", [classifier, nested])
@pytest.mark.parametrize("case", COMPILED)
def test_settings_of_compile_do_not_matter(case, make, tmp_path):
    model, x = make(), np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)
    model.compile(**COMPILED[case]())
    if case == "an optimizer":
        model.fit(x, np.asarray(model(x)), verbose=0)  # so that there is state to be left out
    model.save(tmp_path / "model.keras")
    before = sorted(tmp_path.iterdir())
    loaded = load_model(tmp_path / "model.keras")
    assert np.array_equal(loaded(x), model(x))
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("layer", "change", "says"),
    [
        ("fc", {"units": 30_000_000}, "fc: declares units=30,000,000, more than its weights file of"),
        ("fc", {"units": 10**30}, "more than its weights file"),
        ("input_layer", {"batch_shape": [None, 10**6, 10**6]}, "declares batch_shape="),
    ],
)
def test_sizes_are_refused_before_anything_is_built(tmp_path, layer, change, says):
    path = tmp_path / "model.keras"
    classifier().save(path)

    def rewrite(config):
        for entry in config["config"]["layers"]:
            if entry["config"]["name"].startswith(layer):
                entry["config"].update(change)

    with pytest.raises(EdgemlError, match=says):
        load_model(rewritten(path, rewrite))


def test_odd_metadata_is_not_repeated(tmp_path):
    path = tmp_path / "model.keras"
    classifier().save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(parts["config.json"])
    config["config"]["layers"][1]["config"]["no_such"] = 1
    for metadata in (b"[]", b"{", b'{"keras_version": "\\u001b[31m3.1"}', b'{"keras_version": 3}'):
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in {
                **parts,
                "metadata.json": metadata,
                "config.json": json.dumps(config),
            }.items():
                archive.writestr(name, content)
        with pytest.raises(EdgemlError) as caught:
            load_model(path)
        assert "\x1b" not in str(caught.value)
