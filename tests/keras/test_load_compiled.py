"""Model files of others: compiled with anything, of older versions, in HDF5, of sizes nobody can build."""

from __future__ import annotations

import json
import os
import re
import zipfile
from pathlib import Path

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
def test_what_it_was_compiled_with_does_not_matter(case, make, tmp_path):
    model, x = make(), np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)
    model.compile(**COMPILED[case]())
    if case == "an optimizer":
        model.fit(x, np.asarray(model(x)), verbose=0)  # so that there is state to be left out
    model.save(tmp_path / "model.keras")
    before = sorted(tmp_path.iterdir())
    loaded = load_model(tmp_path / "model.keras")
    assert np.array_equal(loaded(x), model(x))
    assert sorted(tmp_path.iterdir()) == before


class TestHdf5:
    def test_of_keras_3_and_the_remedy_works(self, tmp_path, monkeypatch):
        model, x = classifier(), np.ones((2, 4), np.float32)
        model.save(tmp_path / "model.h5")
        with pytest.raises(EdgemlError, match=f"written by Keras {keras.__version__}") as caught:
            load_model(tmp_path / "model.h5")
        monkeypatch.chdir(tmp_path)
        expression = caught.value.hint.split("then ")[1]
        eval(expression, {"keras": keras})
        assert np.array_equal(load_model("model.keras")(x), model(x))

    def test_damaged(self, tmp_path):
        path = tmp_path / "model.h5"
        path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
        with pytest.raises(EdgemlError, match=r"is an HDF5 file not one of Keras 3's own format \(build"):
            load_model(path)


@pytest.fixture
def models():
    folder = os.environ.get("EDGEML_MODELS", "")
    if not folder:
        pytest.skip("EDGEML_MODELS names no folder with model files of other versions")
    return Path(folder)


class TestKeras2:
    @pytest.mark.parametrize(
        "name", ["keras215_qkeras09_digits.keras", "keras215_qkeras09_cnn_float_head.keras"]
    )
    def test_its_version_is_named(self, models, name):
        with pytest.raises(EdgemlError, match=r"was written by Keras 2\.15\.0") as caught:
            load_model(models / name)
        assert "model.load_weights('w.h5')" in caught.value.hint

    @pytest.mark.parametrize(
        ("name", "version"), [("rn06_qkeras.h5", "2.4.0"), ("resnet8_float.h5", "2.4.0")]
    )
    def test_hdf5(self, models, name, version):
        with pytest.raises(EdgemlError, match=f"is an HDF5 file, written by Keras {re.escape(version)}"):
            load_model(models / name)

    def test_the_remedy_works(self, models, tmp_path):
        source = models / "keras215_qkeras09_digits.h5"
        with pytest.raises(EdgemlError, match="build the same model here") as caught:
            load_model(source)

        def relu(name):
            return qkeras.QActivation("quantized_relu(6,2)", name=name)

        def dense(units, name):
            return qkeras.QDense(units, kernel_quantizer=bits(), bias_quantizer=bits(), name=name)

        stack = [dense(32, "fc1"), relu("relu1"), dense(24, "fc2"), relu("relu2"), dense(10, "logits")]
        model = keras.Sequential([keras.Input((64,)), *stack])
        assert f"model.load_weights({str(source)!r})" in caught.value.hint
        model.load_weights(source)
        model.save(tmp_path / "model.keras")
        given = np.load(models / "keras215_qkeras09_digits.io.npz")
        assert (
            np.abs(np.asarray(load_model(tmp_path / "model.keras")(given["x"])) - given["logits"]).max()
            < 1e-5
        )


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
