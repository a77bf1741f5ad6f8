"""Reading .keras files: what is refused, and that nothing in a file runs."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest

from edgeml.errors import EdgemlError
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.load import load_model

keras, qkeras = import_keras(), import_qkeras()
layers = keras.layers
QActivation = qkeras.QActivation
QDense = qkeras.QDense
quantized_bits = qkeras.quantized_bits
quantized_relu = qkeras.quantized_relu

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"  # Keras' own saving
)


@pytest.fixture
def saved(tmp_path):
    model = keras.Sequential(
        [
            keras.Input((4,)),
            QActivation(quantized_bits(6, 2, alpha=1.0)),
            QDense(
                3,
                kernel_quantizer=quantized_bits(4, 0, alpha=1.0),
                bias_quantizer=quantized_bits(4, 0, alpha=1.0),
            ),
            QActivation(quantized_relu(4, 1)),
        ]
    )
    model.compile("adam", "mse")
    path = tmp_path / "model.keras"
    model.save(path)
    return path, model


def rewritten(path, change):
    """The file with its configuration changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(parts["config.json"])
    change(config)
    parts["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_loads_what_was_saved(saved):
    path, model = saved
    x = np.random.default_rng(0).normal(0, 1, (5, 4)).astype(np.float32)
    assert np.array_equal(np.asarray(load_model(path)(x)), np.asarray(model(x)))


def test_missing(tmp_path):
    with pytest.raises(EdgemlError, match="there is no such Keras model"):
        load_model(tmp_path / "none.keras")


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9, 0.99])
def test_cut_short(saved, share):
    path, _ = saved
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(EdgemlError, match="cut short"):
        load_model(path)


def test_damaged_inside(saved):
    path, _ = saved
    content = bytearray(path.read_bytes())
    place = content.find(b"model.weights.h5") + 200
    content[place : place + 50] = bytes(byte ^ 255 for byte in content[place : place + 50])
    path.write_bytes(bytes(content))
    with pytest.raises(EdgemlError, match="model.keras"):
        load_model(path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"not a model at all", "not a .keras file"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "HDF5"),
    ],
)
def test_other_files(tmp_path, content, says):
    path = tmp_path / "other.keras"
    path.write_bytes(content)
    with pytest.raises(EdgemlError, match=says):
        load_model(path)


@pytest.mark.parametrize("text", ["", "[1, 2]", "{}", '{"class_name"'])
def test_a_zip_without_a_model(tmp_path, text):
    path = tmp_path / "other.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", text)
    with pytest.raises(EdgemlError, match="holds no"):
        load_model(path)


def test_lambda_layer_does_not_run(tmp_path):
    marker, ran = tmp_path / "ran", str(tmp_path / "ran")
    model = keras.Sequential(
        [keras.Input((2,)), layers.Lambda(lambda x: (__import__("os").mkdir(ran), x)[1], name="code")]
    )
    model.save(tmp_path / "model.keras")
    if marker.exists():
        marker.rmdir()
    with pytest.raises(EdgemlError, match="code: the class Lambda runs code"):
        load_model(tmp_path / "model.keras")
    assert not marker.exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("mypackage.layers", "Flatten"),
        ("os", "system"),
        ("keras.utils", "get_file"),
        ("keras.src.saving", "load_model"),
    ],
)
def test_other_classes_are_not_looked_up(saved, module, name):
    path, _ = saved

    def change(config):
        config["config"]["layers"][1] |= {"module": module, "class_name": name, "registered_name": name}

    with pytest.raises(EdgemlError, match="is not one of Keras or QKeras that models are made of"):
        load_model(rewritten(path, change))


def test_registered_class_of_another_package(saved):
    path, _ = saved

    def change(config):
        config["config"]["layers"][1] |= {"module": None, "registered_name": "mine>Own", "class_name": "Own"}

    with pytest.raises(EdgemlError, match="mine.Own is not one of Keras"):
        load_model(rewritten(path, change))


def test_settings_keras_does_not_take(saved):
    path, _ = saved

    def change(config):
        config["config"]["layers"][2]["config"]["no_such_setting"] = 3

    with pytest.raises(EdgemlError, match="does not load as a Keras model"):
        load_model(rewritten(path, change))


def test_functions_of_qkeras_are_found_by_their_names(tmp_path):
    """Keras writes QActivation("binary_tanh") as an object without a home, which it does not find again."""
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((4,)), QActivation("binary_tanh", name="act")]).save(path)
    model = load_model(path)
    x = np.array([[-0.5, 0.0, 0.25, 2.0]], np.float32)
    np.testing.assert_array_equal(model.predict(x, verbose=0), [[-1, -1, 1, 1]])


def test_other_functions_are_named(tmp_path):
    def doubled(x):
        return 2 * x

    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((4,)), layers.Activation(doubled, name="act")]).save(path)
    with pytest.raises(EdgemlError, match=r"has a function 'doubled' of its own") as caught:
        load_model(path)
    assert "binary_tanh" in caught.value.hint
