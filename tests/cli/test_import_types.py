"""`edgeml import` of models that do not state all types, without labels or data, and in other files."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgeml as api
from edgeml.runs import Run
from tests.cli.command import Shell
from tests.keras.old_files import bits, hdf5_of, network, q_activation, q_dense

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def no_input_type(path: Path) -> Path:
    """A QKeras model whose input no quantizer follows, and whose last layer is in float."""
    from tests.keras.old_files import Old

    layers: list[dict[str, Any]] = [
        {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4], "name": "features"}},
        {"class_name": "QDense", "config": q_dense("fc", 5)},
        {"class_name": "QActivation", "config": q_activation("act")},
        {"class_name": "Dense", "config": {"name": "out", "units": 3, "activation": "softmax"}},
    ]
    for entry in layers:
        entry["name"] = entry["config"]["name"]
    rng = np.random.default_rng(7)
    old = Old({"class_name": "Sequential", "config": {"name": "net", "layers": layers}})
    old.weights = {
        "fc": [("kernel", rng.integers(-7, 8, (4, 5)) / 8), ("bias", rng.integers(-7, 8, 5) / 8)],
        "out": [("kernel", rng.normal(size=(5, 3))), ("bias", rng.normal(size=3))],
    }
    path.write_bytes(hdf5_of(old))
    return path


def hint(outcome: Any, option: str) -> str:
    """The option with its value, as the error's hint has it."""
    assert outcome.code == 2 and "Traceback" not in outcome.err, outcome
    match = re.search(rf"{option} '([^']+)'", " ".join(outcome.err.split()))
    assert match is not None, outcome.err
    return match[1]


def test_the_options_that_errors_name_are_what_is_missing(edgeml: Shell, here: Path) -> None:
    words = ["import", str(no_input_type(here / "net.h5")), "--out", "run"]
    words += ["--input-type", hint(edgeml(*words), "--input-type")]
    one = edgeml(*words)
    assert not (here / "run").exists()
    layer = hint(one, "--layer-type")
    assert layer.startswith("out=") and hint(one, "--float-type") == layer.removeprefix("out=")
    assert edgeml(*words, "--layer-type", layer).code == 0
    other = edgeml(*words[:3], "other", *words[4:], "--float-type", hint(one, "--float-type"), "--json")
    assert other.code == 0, other
    notes = json.loads(other.out)["notes"]
    assert [note["exact"] for note in notes if "rounded to fixed<16,6>" in note["text"]] == [False, False]
    assert edgeml("export", "run", "--to", "onnx").code == 0
    checked = edgeml("check", "run", "--with", "evaluate,keras,onnx", "--json")
    assert checked.code == 0, checked
    rows = {row["backend"]: row for row in json.loads(checked.out)["results"]}
    assert rows["onnxruntime"]["status"] == "exact"
    assert (
        rows["keras"]["status"] == "mismatch" and "out: its kernel is rounded" in rows["keras"]["announced"]
    )
    assert edgeml("report", "run").code == 0
    assert "the data have no labels" in (here / "run" / "report.md").read_text()


def test_a_stated_input_is_rounded_for_keras_too(edgeml: Shell, here: Path) -> None:
    from tests.keras.old_files import Old

    layers: list[dict[str, Any]] = [
        {"class_name": "QDense", "config": q_dense("fc", 3, batch_input_shape=[None, 4])},
        {"class_name": "QActivation", "config": q_activation("act")},
    ]
    for entry in layers:
        entry["name"] = entry["config"]["name"]
    old = Old({"class_name": "Sequential", "config": {"name": "net", "layers": layers}})
    old.weights = {"fc": [("kernel", np.full((4, 3), 0.5)), ("bias", np.zeros(3))]}
    (here / "net.h5").write_bytes(hdf5_of(old))
    np.savez("x.npz", x=np.random.default_rng(1).normal(size=(50, 4)))
    done = edgeml("import", "net.h5", "--data", "x.npz", "--input-type", "fixed<8,3>", "--out", "run")
    assert done.code == 0, done
    assert "exact Keras, float32 gives the same integers on 50 samples" in " ".join(done.err.split())
    assert edgeml("check", "run", "--with", "keras").code == 0
    assert api.load("run").data().class_names == ()


@pytest.mark.parametrize("form", ["yaml", "json", "project"])
def test_types_of_an_hls4ml_configuration(edgeml: Shell, here: Path, form: str) -> None:
    precision = {
        "features": {"Precision": {"result": "ap_ufixed<6,2>"}},
        "fc": {"Precision": {"weight": "ap_fixed<4,1>", "accum": "auto"}, "ReuseFactor": 4},
        "out": {
            "Precision": {"weight": "ap_fixed<12,4,AP_RND,AP_SAT>", "result": "fixed<14,6,RND_CONV,SAT>"}
        },
        "out_softmax": {"Precision": "ap_fixed<16,6>"},
    }
    document: Any = {"Model": {"Precision": "ap_fixed<16,6>", "ReuseFactor": 1}, "LayerName": precision}
    text = json.dumps({"HLSConfig": document} if form == "project" else document)
    if form != "json":
        yaml = pytest.importorskip("yaml", reason="pyyaml is not installed")
        text = yaml.safe_dump(json.loads(text))
        text = f"KerasModel: !keras_model 'x'\n{text}" if form == "project" else text
    Path("hls4ml.yml").write_text(text)
    words = ["import", str(no_input_type(here / "net.h5")), "--out", "run", "--json"]
    done = edgeml(*words, "--hls4ml-config", "hls4ml.yml")
    assert done.code == 0, done
    lowering = api.load("run").config.lowering
    assert str(lowering.type_of("features")) == "ufixed<6,2>"
    assert str(lowering.stated("out", "weight")) == "fixed<12,4,RND,SAT>"
    assert str(lowering.stated("out", "bias")) == "fixed<16,6,TRN,WRAP>"
    assert str(api.load("run").graph().info("out.result").scalar) == "fixed<14,6>"
    rows = {(row["layer"], row["tensor"]): row for row in json.loads(done.out)["taken"]}
    assert rows["fc", "weight"]["remark"] == "not used: the model's own quantizer states it"
    assert rows["out_softmax", "result"]["remark"] == "not used: the model has no such layer"
    assert (
        rows["out", "weight"]["used"] and rows["out", "weight"]["origin"] == "LayerName.out.Precision.weight"
    )
    table = edgeml(*words[:-1], "--hls4ml-config", "hls4ml.yml")
    assert table.code == 0 and "what became of it" in table.err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not readable as JSON"),
        ("a: [", "is not a configuration of hls4ml"),
        ("- 1", "it has neither Model nor LayerName"),
        ("LayerName: 3", "Model and LayerName are tables"),
        ("LayerName: {out: {Precision: {weight: 3}}}", "has no types as the Precision of out"),
        ("Model: {Precision: float}", "is no type of hls4ml"),
        ("Model: {}\nLayerType: {Dense: {}}", "by kind of layer"),
    ],
)
def test_an_hls4ml_configuration_that_is_none(edgeml: Shell, here: Path, text: str, says: str) -> None:
    pytest.importorskip("yaml", reason="pyyaml is not installed")
    Path("c.yml").write_text(text)
    outcome = edgeml("import", str(no_input_type(here / "net.h5")), "--hls4ml-config", "c.yml")
    assert outcome.code == 2 and says in " ".join(outcome.err.split()), outcome
    assert not (here / "runs").exists()


def test_an_architecture_with_its_weights(here: Path) -> None:
    old = network()
    Path("net.json").write_text(json.dumps(old.config))
    Path("w.h5").write_bytes(hdf5_of(old, whole=False))
    run = api.import_model("net.json", weights="w.h5", float_type="fixed<16,6>", input_type="ufixed<8,2>")
    assert isinstance(run, Run)
    assert run.model_file.read_bytes() == Path("net.json").read_bytes()
    assert run.weights_file is not None and run.weights_file.read_bytes() == Path("w.h5").read_bytes()
    assert api.check(run, backends=["keras"]).ok
    assert bits(4)["config"]["bits"] == 4


def test_labels_left_out(edgeml: Shell, here: Path) -> None:
    rng = np.random.default_rng(0)
    np.savez("d.npz", x=rng.normal(size=(60, 4)), y=np.arange(60) % 5)
    words = ["import", str(no_input_type(here / "net.h5")), "--data", "d.npz", "--out", "run"]
    words += ["--input-type", "fixed<8,3>", "--float-type", "fixed<16,6>"]
    refused = edgeml(*words)
    assert refused.code == 2 and "--set data.labels=false" in " ".join(refused.err.split())
    assert edgeml(*words, "--set", "data.labels=false").code == 0


@pytest.mark.slow
def test_rn06_of_mlperf_tiny(edgeml: Shell, here: Path) -> None:
    """QKeras in HDF5 of Keras 2.4: 76.6 % on the 760 test images, exact."""
    folder, data = os.environ.get("EDGEML_MODELS", ""), os.environ.get("EDGEML_DATA", "")
    if not folder or not data:
        pytest.skip("EDGEML_MODELS and EDGEML_DATA name no folders with the model and its images")
    given = np.load(Path(data) / "cifar10_subset.npz")
    x, y = given["x_test"], given["y_test"].ravel()
    np.savez("cifar.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    words = ["--data", "cifar.npz", "--set", "data.scaling=unit", "--set", "data.constant=256"]
    done = edgeml("import", f"{folder}/rn06_qkeras.h5", *words, "--input-type", "ufixed<8,0>", "--out", "run")
    assert done.code == 0, done
    assert "gives the same integers on 760 samples" in " ".join(done.err.split())
    run = api.load("run")
    guess = np.argmax(api.emulator(run.graph()).predict(run.data().x_test), axis=1)
    assert np.mean(guess == run.data().y_test) == pytest.approx(0.766, abs=0.0005)
