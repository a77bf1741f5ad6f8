"""Models of Keras 2 and in HDF5: built again, with every weight; and what of them is refused."""

from __future__ import annotations

import copy
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest

from edgeml.errors import EdgemlError
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.load import load_model, model_of
from tests.keras.old_files import Old, archive_of, bits, hdf5_of, network, q_activation, q_dense

keras, qkeras = import_keras(), import_qkeras()

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning",
    "ignore:You are saving your model as an HDF5 file",
)


def written(old: Old, form: str) -> tuple[bytes, bytes | None]:
    """The model in one form, and the file with its weights where that is another one."""
    if form == "HDF5":
        return hdf5_of(old), None
    if form == ".keras":
        return archive_of(old), None
    return json.dumps({**old.config, "keras_version": "2.15.0"}).encode(), hdf5_of(old, whole=False)


def expected(x: np.ndarray) -> np.ndarray:
    """The values of `network()`, by Keras 3's own layers."""
    old = network()

    def quantizer():
        return qkeras.quantized_bits(4, 0, alpha=1)

    def dense(units, name):
        return qkeras.QDense(units, kernel_quantizer=quantizer(), bias_quantizer=quantizer(), name=name)

    names = {"dw": "dw", "norm": "norm", "prune_low_magnitude_fc1": "fc1", "fc2": "fc2", "head": "head"}
    model = keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            keras.layers.DepthwiseConv2D(3, padding="same", activation="relu", name="dw"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Flatten(),
            dense(5, "fc1"),
            qkeras.QActivation("quantized_relu(6,2)"),
            dense(4, "fc2"),
            qkeras.QActivation("quantized_relu(6,2)"),
            keras.layers.Dense(3, activation="softmax", name="head"),
        ]
    )
    for stored, name in names.items():
        layer = model.get_layer(name)
        layer.set_weights([array for _, array in old.weights[stored][: len(layer.weights)]])
    return np.asarray(model(x))


@pytest.mark.parametrize("form", ["HDF5", ".keras", ".json"])
def test_every_weight_arrives(form: str) -> None:
    content, weights = written(network(), form)
    model = model_of(content, "old", weights)
    x = np.random.default_rng(0).normal(size=(5, 6, 6, 2)).astype(np.float32)
    assert np.array_equal(np.asarray(model(x)), expected(x))


@pytest.mark.parametrize("suffix", [".h5", ".weights.h5"])
def test_files_of_keras_3(suffix: str, tmp_path: Path) -> None:
    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, name="a"), keras.layers.Dropout(0.5)])
    source = keras.Input((4,))
    x = qkeras.QDense(3, kernel_quantizer="quantized_bits(4,0,alpha=1)", name="fc")(inner(source))
    x = keras.layers.Add()([x, keras.layers.Dense(3, name="b")(source)])
    model = keras.Model(source, qkeras.QActivation("quantized_relu(6,2)")(x))
    for weight in model.weights:
        weight.assign(np.random.default_rng(len(weight.path)).normal(size=weight.shape))
    path = tmp_path / f"net{suffix}"
    if suffix == ".h5":
        model.save(path)
    else:
        model.save_weights(path)
        path = tmp_path / "net.json"
        path.write_text(model.to_json())
    given = np.random.default_rng(1).normal(size=(9, 4)).astype(np.float32)
    assert np.array_equal(np.asarray(load_model(path)(given)), np.asarray(model(given)))


class TestRefused:
    """One error that names the place."""

    def refused(self, old: Old, says: str, form: str = "HDF5") -> None:
        content, weights = written(old, form)
        with pytest.raises(EdgemlError, match=says) as caught:
            model_of(content, "net.h5", weights)
        assert caught.value.where.startswith("net.h5")

    def changed(self, name: str, **settings: object) -> Old:
        old = copy.deepcopy(network())
        entry = next(entry for entry in old.config["config"]["layers"] if entry["name"] == name)
        entry["config"].update(settings)
        return old

    def test_another_shape(self) -> None:
        self.refused(self.changed("head", units=4), r"kernel of shape \(4, 3\), \(4, 4\) expected")

    @pytest.mark.parametrize("form", ["HDF5", ".keras"])
    def test_a_weight_that_is_not_there(self, form: str) -> None:
        old = network()
        old.weights["norm"] = old.weights["norm"][:3]
        self.refused(old, "has no weight", form)

    def test_a_setting_that_says_something(self) -> None:
        self.refused(self.changed("norm", virtual_batch_size=4), "the setting virtual_batch_size=4")
        self.refused(self.changed("dw", groups=2), "the setting groups=2")

    @pytest.mark.parametrize("form", ["HDF5", ".keras", ".json"])
    def test_code(self, form: str) -> None:
        old = network()
        old.config["config"]["layers"][3]["class_name"] = "Lambda"
        self.refused(old, "the class Lambda runs code", form)

    def test_own_classes(self) -> None:
        old = network()
        old.config["config"]["layers"][3]["class_name"] = "Flaten"
        self.refused(old, r"the class Flaten is not one of Keras or QKeras \(near it: Flatten")

    def test_operations_of_tensorflow(self) -> None:
        old = network()
        old.config["config"]["layers"][3]["class_name"] = "TFOpLambda"
        self.refused(old, "an operation of TensorFlow stands between the layers")

    def test_sizes(self) -> None:
        self.refused(self.changed("head", units=10**9), "declares units=1,000,000,000")
        self.refused(self.changed("image", batch_input_shape=[None, 10**6, 10**6]), "batch_input_shape")

    def test_weights_alone(self) -> None:
        with pytest.raises(EdgemlError, match="holds weights and no architecture"):
            model_of(hdf5_of(network(), whole=False), "w.h5")

    def test_an_architecture_alone(self) -> None:
        with pytest.raises(EdgemlError, match="give the file with its weights as --weights FILE"):
            model_of(json.dumps(network().config).encode(), "net.json")

    def test_a_subclassed_model(self) -> None:
        old = Old({"class_name": "MyModel", "config": {"name": "mine", "layers": []}})
        self.refused(old, "holds the configuration of a MyModel")

    @pytest.mark.parametrize("how", ["external", "link", "declared"])
    def test_parts_that_lie_elsewhere(self, how: str, tmp_path: Path) -> None:
        import h5py

        buffer = io.BytesIO(hdf5_of(network()))
        (tmp_path / "secret").write_bytes(bytes(64))
        with h5py.File(buffer, "a") as file:
            if how == "external":
                file.create_dataset("x", (8,), "f8", external=[(str(tmp_path / "secret"), 0, 64)])
            elif how == "link":
                file["x"] = h5py.ExternalLink(str(tmp_path / "secret"), "/")
            else:
                file.create_dataset("x", (10**9,), "f4", chunks=(1000,))
        with pytest.raises(EdgemlError, match="lie in another file|declares weights of"):
            model_of(buffer.getvalue(), "net.h5")


def test_a_sequential_model_that_states_its_input_in_the_first_layer() -> None:
    layers = [
        {"class_name": "QDense", "config": q_dense("fc", 3, batch_input_shape=[None, 4])},
        {"class_name": "QActivation", "config": q_activation("act")},
    ]
    for entry in layers:
        entry["name"] = entry["config"]["name"]
    old = Old({"class_name": "Sequential", "config": {"name": "net", "layers": layers}})
    old.weights = {"fc": [("kernel", np.full((4, 3), 0.5, np.float32)), ("bias", np.zeros(3, np.float32))]}
    model = model_of(hdf5_of(old), "net.h5")
    assert np.array_equal(np.asarray(model(np.ones((1, 4), np.float32))), [[2.0, 2.0, 2.0]])
    assert bits(4)["config"]["bits"] == model.get_layer("fc").kernel_quantizer_internal.bits


@pytest.fixture
def models() -> Path:
    folder = os.environ.get("EDGEML_MODELS", "")
    if not folder:
        pytest.skip("EDGEML_MODELS names no folder with model files of other versions")
    return Path(folder)


@pytest.mark.parametrize(
    "name",
    [
        *("keras215_qkeras09_digits.keras", "keras215_qkeras09_digits.h5"),
        "keras215_qkeras09_cnn_float_head.keras",
    ],
)
def test_files_of_keras_2_compute_what_it_computed(models: Path, name: str) -> None:
    given = np.load(models / f"{Path(name).stem}.io.npz")
    y = np.asarray(load_model(models / name)(given["x"]))
    assert np.abs(y - given["y"]).max() < 1e-6
