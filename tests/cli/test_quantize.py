"""`edgeml quantize`: a float file becomes a run that checks, and every refusal names its remedy."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from edgeml.onnx_model import OnnxPort, OnnxWriter
from edgeml.runs import Run
from tests.cli.command import Shell
from tests.ptq import nets


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A float model of 6 features and 3 classes in the current folder, and data for it in data.npz."""
    monkeypatch.chdir(tmp_path)
    x = nets.draw(40, 200, 6)
    y = np.argmax(x[:, :3], axis=1)
    np.savez("data.npz", x=x, y=y)
    path = Path("net.onnx")
    path.write_bytes(nets.mlp_model())
    return path


def test_the_run_is_exact_and_says_what_was_done(edgeml: Shell, model: Path) -> None:
    outcome = edgeml("quantize", str(model), "--data", "data.npz", "--bits", "6", "--json")
    assert outcome.code == 0, outcome.err
    answer = json.loads(outcome.out)
    assert answer["run"] == "runs/net-ptq6"
    assert answer["measure"] == "accuracy"
    assert answer["corrections"][-2:] == ["rounding", "bias"]
    assert {row["bits"] for row in answer["tensors"] if row["tensor"] in ("weights", "result")} == {6}
    assert "of the training part, judged on" in answer["samples"]
    assert edgeml("check", answer["run"], "--with", "evaluate").code == 0
    assert edgeml("export", answer["run"], "--to", "onnx").code == 0
    check = edgeml("check", answer["run"], "--json")
    assert check.code == 0
    rows = {row["backend"]: row["status"] for row in json.loads(check.out)["results"]}
    assert {rows[name] for name in ("evaluate", "source", "onnxruntime")} == {"exact"}
    run = Run.open(answer["run"])
    assert run.config.post_training is not None
    assert run.config.post_training.weights == 6
    assert (run.onnx / "float.onnx").read_bytes() == run.float_onnx.read_bytes()


@pytest.mark.slow
def test_the_same_command_again_changes_nothing_and_another_is_refused(edgeml: Shell, model: Path) -> None:
    args = ("quantize", str(model), "--data", "data.npz", "--out", "there")
    assert edgeml(*args).code == 0
    before = {path.name: path.read_bytes() for path in Path("there").iterdir() if path.is_file()}
    assert edgeml(*args).code == 0
    assert {path.name: path.read_bytes() for path in Path("there").iterdir() if path.is_file()} == before
    other = edgeml(*args, "--bits", "4")
    assert other.code == 2
    assert "post_training.weights is 8 there, 4 now" in other.err
    assert edgeml(*args, "--bits", "4", "--overwrite").code == 0


@pytest.mark.slow
def test_overwrite_makes_everything_anew(edgeml: Shell, model: Path) -> None:
    """The graph as well, which another version of edgeml may have made of the same settings."""
    args = ("quantize", str(model), "--data", "data.npz", "--out", "there")
    assert edgeml(*args).code == 0
    graph = Path("there/graph.json")
    content = graph.read_bytes()
    graph.write_text("{}")
    assert edgeml(*args, "--overwrite").code == 0
    assert graph.read_bytes() == content


@pytest.mark.slow
def test_a_quantized_run_may_be_quantized_anew_beside_it(edgeml: Shell, model: Path) -> None:
    assert edgeml("quantize", str(model), "--data", "data.npz").code == 0
    outcome = edgeml("quantize", "runs/net-ptq8", "--weights", "5", "--activations", "7", "--json")
    assert outcome.code == 0, outcome.err
    assert json.loads(outcome.out)["run"] == "runs/net-ptq8-ptq-w5a7"


@pytest.mark.slow
def test_widths_are_found_within_a_loss(edgeml: Shell, model: Path) -> None:
    outcome = edgeml(
        "quantize",
        str(model),
        "--data",
        "data.npz",
        "--max-accuracy-loss",
        "3",
        "--set",
        "data.labels=false",
        "--json",
    )
    assert outcome.code == 0, outcome.err
    answer = json.loads(outcome.out)
    assert answer["measure"] == "agreement"
    assert answer["percent"] >= 97
    assert answer["bit_operations"] < answer["widest"]
    assert {(row["tensor"], row["bits"]) for row in answer["sensitivity"]} >= {("weights", 2), ("result", 7)}


def reconstructing(file: str, outputs: int, end: str = "") -> None:
    """A linear model of 6 features: x, or its first columns."""
    writer = OnnxWriter()
    weights = writer.constant(np.eye(6, 8, dtype=np.float32), "w")
    back = writer.constant(np.eye(8, outputs, dtype=np.float32), "v")
    last = writer.node("MatMul", [writer.node("MatMul", ["x", weights], "fc1"), back], "fc2")
    last = writer.node(end, [last], "end") if end else last
    ports = [OnnxPort("x", ("n", 6))], [OnnxPort(last, ("n", outputs))]
    Path(file).write_bytes(nets.finished(writer, *ports))


@pytest.mark.parametrize(
    ("task", "outputs", "measure"),
    [
        ("regression", 2, "R2"),
        ("multi_label", 2, "accuracy over all labels"),
        ("autoencoder", 6, "variance of the samples that is reconstructed"),
    ],
)
def test_a_loss_is_counted_in_the_figure_of_the_task(
    task: str, outputs: int, measure: str, edgeml: Shell, model: Path
) -> None:
    x = np.load("data.npz")["x"]
    truth = {"regression": {"y": x[:, :2] + 0.1}, "multi_label": {"y": (x[:, :2] > 0).astype(int)}}
    np.savez("own.npz", x=x, **truth.get(task, {}))
    reconstructing("own.onnx", outputs)
    common = ("quantize", "own.onnx", "--data", "own.npz", "--json", "--correct", "none")
    outcome = edgeml(*common, "--bits", "8", "--max-accuracy-loss", "2")
    assert outcome.code == 0, outcome.err
    answer = json.loads(outcome.out)
    assert answer["measure"] == measure
    assert 98 <= answer["float_percent"] <= 100
    assert answer["float_percent"] - answer["percent"] <= 2
    assert answer["bit_operations"] < answer["widest"]
    assert Run.open(answer["run"]).config.data.task == task


def test_a_curve_that_is_left_off_is_kept_in_mind(edgeml: Shell, model: Path) -> None:
    x = np.load("data.npz")["x"]
    np.savez("own.npz", x=x, y=1 / (1 + np.exp(-x[:, :2])))
    reconstructing("own.onnx", 2, "Sigmoid")
    outcome = edgeml("quantize", "own.onnx", "--data", "own.npz", "--json", "--correct", "none")
    assert outcome.code == 0, outcome.err
    answer = json.loads(outcome.out)
    assert answer["measure"] == "R2"
    assert answer["float_percent"] == 100  # of the sigmoid, not of what it is applied to
    assert 99.9 < answer["percent"] < 100
    importing = Run.open(answer["run"]).config.importing
    assert importing is not None
    assert [meaning.function for meaning in importing.outputs] == ["sigmoid"]


@pytest.mark.parametrize(
    ("args", "what", "hint"),
    [
        ((), "needs data to calibrate with", "edgeml quantize net.onnx --data NAME|FILE"),
        (("--data", "iris"), "takes samples of shape (6,), iris has (4,)", "trained on"),
        (("--data", "data.npz", "--bits", "1"), "weights", ""),
        (("--data", "data.npz", "--bits", "17"), "weights", ""),
        (("--data", "data.npz", "--method", "mean"), "unknown calibration method 'mean'", "minmax"),
        (("--data", "data.npz", "--correct", "biass"), "unknown correction 'biass'", "bias"),
        (("--data", "nothing.npz"), "nothing.npz", ""),
        (("--data", "data.npz", "--set", "quantize.layers.fc9.weights=4"), "no layer 'fc9'", "fc1"),
        (
            ("--data", "data.npz", "--bits", "2", "--max-accuracy-loss", "0", "--correct", "none"),
            "at full widths, and 0 are allowed",
            "--bits 10",
        ),
    ],
)
def test_refusals_leave_nothing_behind(
    args: tuple[str, ...], what: str, hint: str, edgeml: Shell, model: Path
) -> None:
    outcome = edgeml("quantize", str(model), *args)
    assert outcome.code == 2
    flat = " ".join(outcome.err.split())
    assert what in flat
    assert hint in flat
    assert not Path("runs").exists()


@pytest.mark.slow
def test_a_float_model_that_is_no_better_than_chance_is_worth_a_remark(edgeml: Shell, model: Path) -> None:
    outcome = edgeml("quantize", str(model), "--data", "data.npz", "--correct", "none", "--json")
    assert outcome.code == 0, outcome.err
    (remark,) = json.loads(outcome.out)["remarks"]
    assert remark.startswith("the float model itself is right on")  # its weights are random
    assert "data.scaling=unit" in remark


def test_an_architecture_alone_is_refused(edgeml: Shell, model: Path) -> None:
    model.with_suffix(".json").write_text("{}")
    outcome = edgeml("quantize", "net.json", "--data", "data.npz")
    assert outcome.code == 2
    assert "--weights-file FILE" in outcome.err


def test_a_layer_that_is_not_covered_is_named(edgeml: Shell, model: Path) -> None:
    writer = OnnxWriter()
    writer.node("MatMul", ["x", writer.constant(nets.draw(1, 6, 3), "w")], "hidden")
    writer.node("Erf", ["hidden"], "curve")
    writer.node("MatMul", ["curve", writer.constant(nets.draw(2, 3, 3), "v")], "y")
    model.write_bytes(nets.finished(writer, [OnnxPort("x", ("n", 6))], [OnnxPort("y", ("n", 3))]))
    outcome = edgeml("quantize", str(model), "--data", "data.npz")
    assert outcome.code == 2
    assert "curve: the operator Erf is not quantized after training" in " ".join(outcome.err.split())
