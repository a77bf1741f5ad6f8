"""Models of Keras 2 and in HDF5: built again, with every weight; and what of them is refused."""

from __future__ import annotations

import copy
import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

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

    @pytest.mark.parametrize("name", ["HDense", "HGQ>HDense", "HQuantize"])
    def test_layers_of_hgq_1(self, name: str) -> None:
        old = network()
        old.config["config"]["layers"][3]["class_name"] = name
        self.refused(old, f"the class {name} is one of HGQ 1.*train it with HGQ2")

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


def stacked(*layers: dict[str, Any], shape: tuple[int, ...] = (4,)) -> Old:
    """A sequential model of Keras 2 with an input of a shape."""
    source = {"name": "source", "batch_input_shape": [None, *shape], "dtype": "float32"}
    entries = [{"class_name": "InputLayer", "config": source}, *layers]
    named = [{**entry, "name": entry["config"]["name"]} for entry in entries]
    return Old({"class_name": "Sequential", "config": {"name": "net", "layers": named}})


def test_a_layer_that_keras_3_left_out_and_functions_under_names_of_tensorflow() -> None:
    old = stacked(
        {"class_name": "ThresholdedReLU", "config": {"name": "above", "theta": 0.5}},
        {"class_name": "Activation", "config": {"name": "chances", "activation": "softmax_v2"}},
    )
    x = np.array([[0.25, 0.5, 0.75, -1.0]], np.float32)
    model = model_of(hdf5_of(old), "net.h5")
    above = np.array([0.0, 0.0, 0.75, 0.0])
    np.testing.assert_allclose(np.asarray(model(x))[0], np.exp(above) / np.exp(above).sum(), atol=1e-6)


def test_settings_of_recurrent_layers() -> None:
    """QLSTM hands its settings on to a cell; how a layer is computed says nothing."""
    shared = {"units": 2, "implementation": 2, "time_major": False, "unroll": False, "return_sequences": True}
    old = stacked(
        {"class_name": "QLSTM", "config": {"name": "q", "activation": "quantized_tanh(6)", **shared}},
        {"class_name": "LSTM", "config": {"name": "plain", "activation": "tanh", **shared}},
        shape=(5, 3),
    )
    for name, inputs in (("q", 3), ("plain", 2)):
        shapes = {"kernel": (inputs, 8), "recurrent_kernel": (2, 8), "bias": (8,)}
        old.weights[name] = [(key, np.full(shape, 0.25, np.float32)) for key, shape in shapes.items()]
    model = model_of(hdf5_of(old), "net.h5")
    assert np.asarray(model(np.ones((1, 5, 3), np.float32))).shape == (1, 5, 2)
    assert "quantized_tanh" in str(model.get_layer("q").cell.activation)


def test_wrappers_of_pruning_around_layers_without_weights() -> None:
    """They have a counter of their own in a .keras file, and no layer's arrays."""
    import h5py

    old = network()
    archive = zipfile.ZipFile(io.BytesIO(archive_of(old)))
    weights = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(weights, "a") as file:
        root: Any = file["_layer_checkpoint_dependencies"]
        root.create_dataset("prune_low_magnitude_1/vars/0", data=np.int64(7))
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w") as target:
        for member in archive.namelist():
            content = weights.getvalue() if member == "model.weights.h5" else archive.read(member)
            target.writestr(member, content)
    x = np.random.default_rng(0).normal(size=(5, 6, 6, 2)).astype(np.float32)
    assert np.array_equal(np.asarray(model_of(changed.getvalue(), "net.keras")(x)), expected(x))


def test_a_layer_that_neither_keras_builds_nor_edgeml_covers() -> None:
    attention = {"name": "heads", "num_heads": 1, "key_dim": 2, "query_shape": [None, 5, 3]}
    old = stacked({"class_name": "MultiHeadAttention", "config": attention}, shape=(5, 3))
    with pytest.raises(EdgemlError, match="the layer MultiHeadAttention is not covered") as refusal:
        model_of(hdf5_of(old), "net.h5")
    assert refusal.value.where == "net.h5: heads"


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
