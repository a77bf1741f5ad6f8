"""`edgeml import` of models with several inputs and outputs, other tasks, and data of another scaling."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.cli.command import Shell

pytest.importorskip("onnx")
pytest.importorskip("qonnx")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def saved(path: Path, inputs: dict[str, int], outputs: dict[str, np.ndarray], scale: float = 0.25) -> Path:
    """Quantized inputs side by side, a product with constants for every output."""
    from onnx import TensorProto, helper, numpy_helper

    nodes: list[Any] = []
    constants: dict[str, Any] = {
        "scale": np.float32(scale),
        "zero": np.float32(0),
        "bits": np.float32(8),
        "half": np.float32(0.5),
    }
    for name in inputs:
        words = {"signed": 1, "narrow": 0, "rounding_mode": "ROUND"}
        nodes.append(
            helper.make_node(
                "Quant",
                [name, "scale", "zero", "bits"],
                [f"{name}_q"],
                domain="qonnx.custom_op.general",
                **words,
            )
        )
    joined = f"{next(iter(inputs))}_q"
    if len(inputs) > 1:
        nodes.append(helper.make_node("Concat", [f"{name}_q" for name in inputs], ["all"], axis=1))
        joined = "all"
    for name, weights in outputs.items():
        constants[f"{name}_w"] = weights.astype(np.float32)
        nodes.append(helper.make_node("MatMul", [joined, f"{name}_w"], [name]))
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, size]) for name, size in inputs.items()],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, w.shape[1]])
            for name, w in outputs.items()
        ],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()],
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", 13), helper.make_opsetid("qonnx.custom_op.general", 1)],
    )
    model.ir_version = 10
    path.write_bytes(model.SerializeToString())
    return path


def facts(outcome: Any) -> dict[str, Any]:
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)


def numbers(figures: list[dict[str, Any]]) -> dict[str, float]:
    return {figure["name"]: figure["value"] for figure in figures}


LEFT = np.array([[1.0, 0.25], [-0.5, 0.25], [0.0, 1.0], [1.0, -0.75], [0.5, 0.5]])
RIGHT = np.array([[0.25], [0.5], [1.0], [-1.0], [0.75]])


def test_two_inputs_and_two_outputs_go_through_everything(edgeml: Shell, here: Path) -> None:
    model = saved(here / "net.onnx", {"a": 2, "b": 3}, {"u": LEFT, "v": RIGHT})
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(40, 2)), rng.normal(size=(40, 3))
    codes = np.round(np.concatenate([a, b], axis=1).astype(np.float32) * 4) / 4
    targets = codes @ np.concatenate([LEFT, RIGHT], axis=1) + 0.5
    arrays: dict[str, Any] = {"a": a, "x.b": b, "y.u": targets[:, :2], "y.v": targets[:, 2:]}
    np.savez(here / "d.npz", **arrays)
    found = facts(edgeml("import", str(model), "--data", "d.npz", "--out", "run", "--json"))
    assert found["task"] == "regression"
    assert numbers(found["figures"]["fixed"])["mse"] == pytest.approx(0.25)
    assert found["figures"]["fixed"] == found["figures"]["source"]
    assert edgeml("export", "run", "--to", "onnx,qonnx").code == 0
    check = edgeml("check", "run", "--with", "evaluate,onnx,qonnx,source", "--json")
    assert {row["status"] for row in json.loads(check.out)["results"]} == {"exact"}
    with np.load("run/golden.npz") as golden:
        assert {"x.a", "x.b"} <= set(golden)
        assert sum(name.startswith("expected.") for name in golden) == 2
    assert edgeml("report", "run").code == 0
    report = json.loads(Path("run/report.json").read_text())
    assert [row["name"] for row in report["task_figures"]] == ["mse", "rmse", "mae", "r2"]
    assert report["task_figures"][0]["fixed"]["value"] == pytest.approx(0.25)
    assert [row["equal"]["value"] for row in report["task_outputs"]] == [1.0, 1.0]
    assert report["accuracy"]["fixed"]["reason"] == "the task is regression"


def test_missing_inputs_and_tasks_that_do_not_fit(edgeml: Shell, here: Path) -> None:
    model = saved(here / "net.onnx", {"a": 2, "b": 3}, {"u": LEFT, "v": RIGHT})
    np.savez(here / "d.npz", a=np.zeros((4, 2)), c=np.zeros((4, 3)))
    lacking = edgeml("import", str(model), "--data", "d.npz", "--out", "run")
    assert lacking.code == 2
    assert "has no array x.b" in " ".join(lacking.err.split())
    np.savez(here / "e.npz", a=np.zeros((4, 2)), b=np.zeros((4, 3)))
    wrong = edgeml("import", str(model), "--data", "e.npz", "--task", "autoencoder", "--out", "run")
    assert wrong.code == 2
    assert "is no autoencoder: the model gives 3 numbers and takes 5" in " ".join(wrong.err.split())
    no_labels = edgeml("import", str(model), "--task", "regression", "--out", "run")
    assert no_labels.code == 2
    assert "needs data with labels" in " ".join(no_labels.err.split())
    unknown = edgeml("import", str(model), "--task", "clustering", "--out", "run")
    assert unknown.code == 2
    assert not (here / "run").exists()
    assert facts(edgeml("import", str(model), "--out", "run", "--json"))["task"] == "unlabelled"


def test_an_input_with_a_scale_takes_real_data(edgeml: Shell, here: Path) -> None:
    """The graph's input takes codes of 0.3; data that are no codes go through the model's own scale."""
    model = saved(here / "net.onnx", {"a": 5}, {"u": np.eye(5)}, scale=0.3)
    x = np.random.default_rng(5).normal(size=(60, 5))
    np.savez(here / "d.npz", x=x)
    found = facts(edgeml("import", str(model), "--data", "d.npz", "--out", "run", "--json"))
    assert found["task"] == "autoencoder"
    rounded = np.clip(np.round(x / 0.3), -128, 127) * 0.3
    assert numbers(found["figures"]["fixed"])["mse"] == pytest.approx(np.mean((rounded - x) ** 2), rel=0.02)
    assert 'scaling = "source"' in Path("run/config.toml").read_text()
    np.savez(here / "whole.npz", x=np.round(x))
    facts(edgeml("import", str(model), "--data", "whole.npz", "--out", "whole", "--json"))
    assert 'scaling = "source"' in Path("whole/config.toml").read_text()
    np.savez(here / "codes.npz", x=np.round(100 * x / np.abs(x).max()))  # the input ends at 38.4
    facts(edgeml("import", str(model), "--data", "codes.npz", "--out", "other", "--json"))
    assert 'scaling = "none"' in Path("other/config.toml").read_text()


def test_data_that_lie_as_the_source_has_them_are_turned(edgeml: Shell, here: Path) -> None:
    """A batch axis of one in each sample, as an ONNX model's own input has it."""
    model = saved(here / "net.onnx", {"a": 5}, {"u": np.eye(5)})
    np.savez(here / "d.npz", x=np.random.default_rng(5).integers(-9, 9, (60, 1, 5)).astype(float))
    done = edgeml("import", str(model), "--data", "d.npz", "--out", "run")
    assert done.code == 0
    assert "taken in the order [1]: data.axes" in " ".join(done.err.split())
    refused = edgeml("import", str(model), "--data", "d.npz", "--set", "data.axes=[0]", "--out", "other")
    assert refused.code == 2
    assert "those of size one can be left out" in " ".join(refused.err.split())


def test_a_scaling_that_fits_far_better_is_named(edgeml: Shell, here: Path) -> None:
    """A model of features from 0 to 1, fed 0 to 255, guesses; the setting that is named mends it."""
    weights = np.array([[1.0, -1.0], [-1.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
    model = saved(here / "net.onnx", {"a": 4}, {"u": weights}, scale=1 / 128)
    x = np.random.default_rng(7).integers(100, 256, (200, 4))
    np.savez(here / "d.npz", x=x, y=(x[:, 0] <= x[:, 1]).astype(int))
    found = facts(edgeml("import", str(model), "--data", "d.npz", "--out", "run", "--json"))
    assert "--set data.scaling=unit --set data.constant=255" in found["remark"]
    words = ["--set", "data.scaling=unit", "--set", "data.constant=255"]
    again = facts(edgeml("import", str(model), "--data", "d.npz", *words, "--out", "other", "--json"))
    assert again["remark"] == ""
    assert numbers(again["figures"]["fixed"])["accuracy"] > 0.9


def test_an_import_that_was_ended_is_said_to_be_and_goes_on(edgeml: Shell, here: Path) -> None:
    """Ended while it compared: graph.json is there, notes.json and golden.npz are not."""
    typed = ("import", str(saved(here / "net.onnx", {"a": 5}, {"u": np.eye(5)})), "--out", "run")
    assert edgeml(*typed).code == 0
    for name in ("notes.json", "golden.npz"):
        (here / "run" / name).unlink()
    ended = edgeml("check", "run")
    assert ended.code == 2
    assert "was ended before it had compared" in " ".join(ended.err.split())
    assert edgeml(*typed).code == 0
    assert edgeml("check", "run", "--with", "source").code == 0
