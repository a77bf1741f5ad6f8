"""The commands do what they say, and --json is one document on standard output."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import edgeml as api
from edgeml.passes import CIRCUIT, PREPARATION
from tests.cli.command import Shell, start


@pytest.mark.parametrize("kind", ["presets", "datasets", "boards", "backends", "tools"])
def test_list(edgeml: Shell, kind: str) -> None:
    rows = json.loads(edgeml("list", kind, "--json").out)
    assert isinstance(rows, list) and all(row["name"] for row in rows)
    text = edgeml("list", kind)
    assert text.code == 0
    assert all(row["name"] in text.out for row in rows)


def test_help_names_every_command_and_loads_nothing_heavy() -> None:
    code = "import sys\nfrom edgeml.cli.main import build_app\nbuild_app()\nprint(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {
        "tensorflow",
        "keras",
        "qkeras",
        "onnx",
        "onnxruntime",
        "hls4ml",
        "sklearn",
        "jinja2",
        "scipy",
    }
    assert not heavy & set(loaded)


def test_every_command_has_help(edgeml: Shell) -> None:
    listed = edgeml("--help")
    assert listed.code == 0
    for name in ("run", "train", "import", "export", "check", "report", "show", "list", "doctor"):
        assert name in listed.out
        assert edgeml(name, "--help").code == 0


def test_version(edgeml: Shell) -> None:
    assert edgeml("--version").out.strip() == f"edgeml {api.__version__}"


def test_the_package_is_a_command_too() -> None:
    words = [sys.executable, "-m", "edgeml", "--version"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"edgeml {api.__version__}"


def test_doctor(edgeml: Shell) -> None:
    outcome = edgeml("doctor", "--json")
    facts = json.loads(outcome.out)
    missing = [package["name"] for package in facts["packages"] if not package["version"]]
    assert outcome.code == (1 if missing else 0)
    assert facts["machine"]["edgeml"] == api.__version__
    assert {"gxx", "vivado"} <= {tool["name"] for tool in facts["tools"]}


def test_train_measures_the_sensitivity_to_pruning_of_a_run_that_is_there(edgeml: Shell, run: Path) -> None:
    settings = ("--set", "training.float_epochs=2", "--epochs", "2")
    arguments = ("train", "iris_mlp", "--out", str(run), *settings, "--pruning-sensitivity")
    before = (run / "model.keras").read_bytes()
    document = json.loads(edgeml(*arguments, "--json").out)["pruning"]
    assert document == json.loads((run / "pruning.json").read_text())
    assert (run / "model.keras").read_bytes() == before
    table = edgeml(*arguments)
    assert (
        table.code == 0
        and f"accuracy in % with so much of one layer pruned, {document['percent']:.2f}" in (table.out)
    )


def test_check_passes_and_writes_its_result(edgeml: Shell, run: Path) -> None:
    outcome = edgeml("check", str(run), "--with", "evaluate,keras,onnx,qonnx", "--json")
    assert outcome.code == 0, outcome
    document = json.loads(outcome.out)
    assert document == json.loads((run / "check.json").read_text())
    assert {r["backend"]: r["status"] for r in document["results"]} == dict.fromkeys(
        ("evaluate", "keras", "onnxruntime", "qonnx"), "exact"
    )
    assert all(r["samples"] == document["samples"] == 30 for r in document["results"])


def test_check_samples(edgeml: Shell, run: Path) -> None:
    document = json.loads(edgeml("check", str(run), "--with", "onnx", "--samples", "5", "--json").out)
    assert document["samples"] == 5


def test_one_altered_weight_in_the_artefact_fails_the_check(edgeml: Shell, run: Path) -> None:
    path = run / "onnx" / "exact.onnx"
    model = onnx.load_model(str(path))
    largest = max(model.graph.initializer, key=lambda t: int(np.prod(t.dims)))
    values = numpy_helper.to_array(largest).copy()
    step = np.min(np.abs(values[values != 0]))
    values.flat[np.argmax(np.abs(values))] += step
    largest.CopyFrom(numpy_helper.from_array(values, largest.name))
    onnx.save_model(model, str(path))
    outcome = edgeml("check", str(run), "--with", "onnx", "--json")
    (result,) = json.loads(outcome.out)["results"]
    assert outcome.code == 1
    assert result["status"] == "mismatch" and result["first"]["op"] and result["mismatches"] > 0


def test_one_altered_expected_integer_fails_the_check(edgeml: Shell, run: Path) -> None:
    with np.load(run / "golden.npz", allow_pickle=False) as archive:
        arrays = dict(archive)
    arrays["expected.logits"] = arrays["expected.logits"].astype(np.int64)
    arrays["expected.logits"][3, 1] += 1
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    (run / "golden.npz").write_bytes(buffer.getvalue())
    outcome = edgeml("check", str(run), "--with", "evaluate,keras,onnx", "--json")
    document = json.loads(outcome.out)
    assert outcome.code == 1
    for result in document["results"]:
        assert (result["status"], result["mismatches"], result["max_abs_lsb"]) == ("mismatch", 1, 1)
        assert result["first"]["index"] == [3, 1]


def test_one_altered_rounding_mode_in_the_artefact_fails_the_check(edgeml: Shell, run: Path) -> None:
    path = run / "onnx" / "exact.onnx"
    model = onnx.load_model(str(path))
    rounds = [node for node in model.graph.node if node.op_type == "Round"]
    assert rounds
    rounds[-1].op_type = "Floor"
    onnx.save_model(model, str(path))
    outcome = edgeml("check", str(run), "--with", "onnx")
    assert outcome.code == 1
    assert "MISMATCH" in outcome.out
    assert "TRN" in outcome.out


def test_show(edgeml: Shell, run: Path) -> None:
    assert "logits" in edgeml("show", str(run)).out
    text = edgeml("show", str(run), "--graph").out
    assert text.startswith("graph ") and "return %logits" in text
    assert "drop_unused" in edgeml("show", str(run), "--passes").out
    document = json.loads(edgeml("show", str(run), "--json").out)
    passes = document["passes"]
    assert [entry["pass"] for entry in passes] == ["-", *PREPARATION, *CIRCUIT]
    assert all(entry["nodes"] and "cast" in entry["ops"] for entry in passes)
    assert document["config"]["preset"]["name"] == "iris_mlp"


def test_python_api(run: Path) -> None:
    opened = api.load(run)
    graph, x = opened.graph(), opened.data().x_test
    values = api.evaluate(graph, x)
    assert values.dtype == np.float64 and values.shape == (30, 3)
    assert np.array_equal(api.emulator(graph).predict(x), values)
    assert np.array_equal(api.emulator(graph).predict(x, raw=True), api.evaluate(graph, x, raw=True))
    for _ in range(2):  # a package of the function's name would take its place at the first call
        found = api.check(graph, x, backends=("evaluate", "onnx"))
        assert found.ok and {r.backend for r in found.compared} == {"evaluate", "onnxruntime"}
    assert "exact.onnx" in api.emit(graph, "onnx").files


@pytest.mark.slow
def test_ctrl_c_leaves_a_run_that_goes_on(tmp_path: Path) -> None:
    args = (
        "train",
        "iris_mlp",
        "--out",
        "run",
        "--set",
        "training.patience=400",
        "--set",
        "training.float_epochs=300",
    )
    process = start(*args, folder=tmp_path)
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("run/logs/*/*")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert not (tmp_path / "run" / "model.keras").exists()
    again = start("train", "iris_mlp", "--out", "run", *args[4:], folder=tmp_path)
    _, err = again.communicate(timeout=300)
    assert again.returncode == 0, err
    assert (tmp_path / "run" / "graph.json").exists()


@pytest.mark.slow
def test_a_whole_run(edgeml: Shell, tmp_path: Path) -> None:
    """All of it on a short training: every artefact exact, the report written, and again without training."""
    folder = tmp_path / "iris"
    args = ("run", "iris_mlp", "--out", str(folder), "--epochs", "3", "--json")
    outcome = edgeml(*args)
    assert outcome.code == 0, outcome.err
    document = json.loads(outcome.out)
    assert document == json.loads((folder / "report.json").read_text())
    statuses = {r["backend"]: r["status"] for r in document["exactness"]["results"]}
    assert {"evaluate", "keras", "onnxruntime", "qonnx", "hls4ml"} <= set(statuses)
    assert "mismatch" not in statuses.values()
    for name in (
        "report.html",
        "report.md",
        "onnx/float.onnx",
        "onnx/int8.onnx",
        "onnx/qonnx.onnx",
        "check.json",
    ):
        assert (folder / name).stat().st_size > 0
    trained = (folder / "model.keras").stat().st_mtime_ns
    assert edgeml(*args).code == 0
    assert (folder / "model.keras").stat().st_mtime_ns == trained


def test_a_lack_of_memory_is_one_error(edgeml: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def build() -> None:
        raise MemoryError("Unable to allocate 3 GiB")

    monkeypatch.setattr("edgeml.cli.main.command_line", build)
    outcome = edgeml("train", "mnist_mlp")
    assert outcome.code == 2
    assert outcome.err.startswith("error: edgeml train mnist_mlp: it needs more memory than there is (Unable")
    assert "data.stream=true" in outcome.err


SWALLOWS = """
import os, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from edgeml.cli import main
def app():
    try:
        PRESS
    except KeyboardInterrupt:
        pass
    raise ValueError("a native library lacks something")
main.command_line = lambda: app
main.entry()
"""


@pytest.mark.parametrize(("press", "code"), [("os.kill(os.getpid(), signal.SIGINT)", 130), ("pass", 1)])
def test_ctrl_c_that_a_library_swallows_is_one_all_the_same(press: str, code: int) -> None:
    words = [sys.executable, "-c", SWALLOWS.replace("PRESS", press)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert ("interrupted; nothing is half-written" in done.stderr) == (code == 130)
    assert ("Traceback" in done.stderr) == (code == 1)
