"""Model files damaged at random: ONNX files of every kind that is run, Keras' of every form; their bombs."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml import backends
from edgeml.errors import EdgemlError
from edgeml.ir import input_codes
from tests.keras.old_files import archive_of, hdf5_of, network
from tests.readers.damage import Damage, any_bytes, any_json, any_member
from tests.report.samples import sample_graph, sample_inputs

TIMES = 500


def tried(
    content: bytes, damages: tuple[Damage, ...], path: Path, read: Callable[[], Any], times: int = TIMES
) -> int:
    """The number of damaged files that were refused; all others were read."""
    rng = np.random.default_rng(len(content))
    refused: list[EdgemlError] = []
    for number in range(times):
        path.write_bytes(damages[number % len(damages)](content, rng))
        try:
            read()
        except EdgemlError as error:
            refused.append(error)
    assert all(error.what and str(error).replace("\n", " ").isprintable() for error in refused)
    return len(refused)


@pytest.mark.parametrize(
    ("name", "times"),
    [
        ("onnx", TIMES),
        pytest.param("qonnx", TIMES, marks=pytest.mark.slow),
        pytest.param("onnx", 10 * TIMES, marks=pytest.mark.slow),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:divide by zero encountered:RuntimeWarning")
def test_onnx_files(name: str, times: int, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    backend, graph = backends.load(name), sample_graph()
    if backend.missing():
        pytest.skip(backend.missing())
    backend.emit(graph).write(tmp_path)
    (path,) = tmp_path.glob("*.onnx")
    codes = input_codes(graph, sample_inputs(3))
    runner = backend.runners()[0]
    assert (
        tried(path.read_bytes(), (any_bytes,), path, lambda: runner.run(tmp_path, graph, codes), times)
        > times / 10
    )


@pytest.mark.parametrize("what", ["quantized after training", "int8"])
@pytest.mark.parametrize("times", [60, pytest.param(TIMES, marks=pytest.mark.slow)])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_float_models(what: str, times: int, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    from edgeml.backends.onnx.int8 import quantize_int8
    from edgeml.ptq.run import float_source
    from edgeml.ptq.source import read_float
    from tests.ptq.nets import mlp_model

    path, samples = tmp_path / "net.onnx", np.ones((20, 6), np.float32)

    def read() -> object:
        if what == "int8":
            return quantize_int8(path, samples)
        source = float_source(path)
        return read_float(source.content, str(path), source.name)

    content = mlp_model()
    path.write_bytes(content)
    read()  # the good one
    assert tried(content, (any_bytes,), path, read, times) > times / 10


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    from edgeml.keras.backend import import_keras, import_qkeras

    keras, qkeras = import_keras(), import_qkeras()
    bits = qkeras.quantized_bits(4, 0, alpha=1.0)
    dense = qkeras.QDense(3, kernel_quantizer=bits, bias_quantizer=bits, name="fc")
    model = keras.Sequential(
        [keras.Input((4,), name="x"), dense, qkeras.QActivation("quantized_relu(4)", name="act")]
    )
    path = tmp_path_factory.mktemp("keras") / "model.keras"
    model.save(path)
    return path.read_bytes()


@pytest.mark.slow
def test_keras_archives(saved: bytes, tmp_path: Path) -> None:
    from edgeml.keras.load import load_model

    path = tmp_path / "model.keras"
    assert tried(saved, (any_bytes,), path, lambda: load_model(path)) > TIMES / 2


@pytest.mark.slow
@pytest.mark.parametrize("member", ["config.json", "model.weights.h5", "metadata.json"])
def test_keras_members(member: str, saved: bytes, tmp_path: Path) -> None:
    from edgeml.keras.load import load_model

    path = tmp_path / "model.keras"
    inner = any_json if member.endswith("json") else any_bytes
    times = 200 if member == "metadata.json" else TIMES
    tried(
        saved,
        (any_member(member, inner), any_member(member, any_bytes)),
        path,
        lambda: load_model(path),
        times,
    )


@pytest.mark.parametrize("times", [20, pytest.param(60, marks=pytest.mark.slow)])
@pytest.mark.parametrize("form", ["HDF5", "HDF5 configuration", ".keras", ".json"])
def test_models_of_keras_2(form: str, times: int, tmp_path: Path) -> None:
    from edgeml.keras.load import model_of

    old = network()
    content = {".keras": archive_of, ".json": lambda old: json.dumps(old.config).encode()}.get(form, hdf5_of)(
        old
    )
    weights = hdf5_of(old, whole=False) if form == ".json" else None
    damages: tuple[Damage, ...] = (any_bytes,)
    if form == ".json":
        damages = (any_json, any_bytes)
    elif form == "HDF5 configuration":
        damages = (any_hdf5_configuration,)
    elif form == ".keras":
        damages = (any_bytes, any_member("config.json", any_json))
    path = tmp_path / "model"
    assert tried(content, damages, path, lambda: model_of(path.read_bytes(), str(path), weights), times) > 0


def test_the_loss_in_an_hdf5_file(tmp_path: Path) -> None:
    from edgeml.keras.compiled import loss_of_file

    stated = json.dumps({"loss": {"class_name": "Hinge", "config": {}}})
    content, path = hdf5(lambda file: file.attrs.create("training_config", stated)), tmp_path / "net.h5"
    path.write_bytes(content)
    assert loss_of_file(path) == ("Hinge", False)
    assert tried(content, (any_bytes,), path, lambda: loss_of_file(path), 100) > 10
    path.write_bytes(hdf5(lambda file: file.attrs.create("training_config", "{")))
    with pytest.raises(EdgemlError, match="training configuration is not readable as JSON"):
        loss_of_file(path)


def any_hdf5_configuration(content: bytes, rng: np.random.Generator) -> bytes:
    """An HDF5 file in order, whose configuration is not."""
    import h5py

    buffer = io.BytesIO(content)
    with h5py.File(buffer, "a") as file:
        text = str(file.attrs["model_config"]).encode()
        file.attrs["model_config"] = any_json(text, rng).decode()
    return buffer.getvalue()


def rewritten(content: bytes, weights: bytes) -> bytes:
    """The file with other weights."""
    return any_member("model.weights.h5", lambda held, rng: weights)(content, np.random.default_rng(0))


def hdf5(fill: Callable[[Any], object]) -> bytes:
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        fill(file)
    return buffer.getvalue()


@pytest.mark.parametrize("what", ["declared", "external", "link", "zeros"])
def test_keras_bombs(what: str, saved: bytes, tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    from edgeml.keras.load import load_model

    path = tmp_path / "model.keras"
    (tmp_path / "secret").write_bytes(bytes(64))
    match what:
        case "declared":
            content = rewritten(saved, hdf5(lambda f: f.create_dataset("x", (10**9,), "f4", chunks=(1000,))))
            says = "declares weights of"
        case "external":
            outside = [(str(tmp_path / "secret"), 0, 64)]
            content = rewritten(saved, hdf5(lambda f: f.create_dataset("x", (8,), "f8", external=outside)))
            says = "lie in another file"
        case "link":
            content = rewritten(
                saved, hdf5(lambda f: f.__setitem__("x", h5py.ExternalLink(str(tmp_path / "secret"), "/")))
            )
            says = "lie in another file"
        case _:
            buffer = io.BytesIO(saved)
            with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("padding", bytes(200 << 20))
            content, says = buffer.getvalue(), "unpacks to"
    path.write_bytes(content)
    with pytest.raises(EdgemlError, match=says):
        load_model(path)
