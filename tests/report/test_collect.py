from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeml import presets
from edgeml.checks import golden
from edgeml.checks.artefacts import check_folder
from edgeml.errors import EdgemlError
from edgeml.files import write_atomic
from edgeml.fixed import FixedType
from edgeml.ir import Builder, Graph, evaluate, saved
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.arg_max import ArgMax
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.report import sections, write
from edgeml.report.collect import collect
from edgeml.report.floats import FloatModel
from edgeml.report.sections.exactness.view import verdict
from edgeml.report.sections.provenance.collect import commands
from edgeml.report.sections.speed import collect as speed
from edgeml.runconfig import RunConfig
from edgeml.runs import Run
from edgeml.training.history import write_history
from edgeml.training.progress import EpochRow

WEIGHTS = np.array([[-2, 1, 0], [3, -1, 0], [-6, 1, 5], [-5, 0, 7]])
BIAS = np.array([2, 1, -5])

OF_OTHER_RUNS = {
    "fold_rows": "the training was not repeated (edgeml train PRESET --folds 5, or --seeds 5)",
    "residuals": "the targets of this task are no quantities",
    "reconstructions": "the task is no autoencoder",
    "embeddings": "the graph has no hidden layer in front of a linear one",
    "front": "the training had neither learned widths nor pruning",
    "pruning": "the sensitivity to pruning was not measured (edgeml train PRESET --pruning-sensitivity)",
}


def iris_graph(classes=False) -> Graph:
    """One dense layer on the four features of iris; the weights are chosen by hand."""
    build = Builder("iris_mlp")
    x = build.input((4,), FixedType(True, 8, 5), "features")
    weight = build.const(WEIGHTS, FixedType(True, 4, 2), "logits.weight")
    product = build.add(MatMul(), x, weight, name="logits.matmul")
    bias = build.const(BIAS, FixedType(True, 4, 2), "logits.bias")
    value = build.add(Add(), product, bias, name="logits")
    return build.graph(build.add(ArgMax(), value, name="class") if classes else value)


def make_run(folder: Path, graph: Graph, assignments=()) -> Run:
    preset = presets.load("iris_mlp")
    choices = presets.choose(preset, assignments, seed=3)
    data = presets.prepare(choices.data)
    run = Run.create(folder, RunConfig.of(preset, choices, data))
    saved.save(graph).write(folder)
    return run


def write_float(path: Path, sigmoid=False) -> None:
    from onnx import TensorProto, helper, numpy_helper

    weights = numpy_helper.from_array((WEIGHTS / 4).astype(np.float32), "w")
    bias = numpy_helper.from_array((BIAS / 4).astype(np.float32), "b")
    nodes = [helper.make_node("Gemm", ["x", "w", "b"], ["z"])]
    nodes += (
        [helper.make_node("Sigmoid", ["z"], ["s"]), helper.make_node("Identity", ["s"], ["y"])]
        if sigmoid
        else [helper.make_node("Identity", ["z"], ["y"])]
    )
    ports = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size])
        for name, size in (("x", 4), ("y", 3))
    ]
    graph = helper.make_graph(nodes, "float", ports[:1], ports[1:], [weights, bias])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    write_atomic(path, model.SerializeToString())


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(speed, "SECONDS", 0.01)


def test_a_run_without_artefacts_says_what_is_missing(tmp_path):
    run = make_run(tmp_path / "run", iris_graph())
    data, told = run.data(), []
    facts = collect(run, told.append)
    assert told == [section.title.lower() or name for name, section in sections.every().items()]
    assert (facts.samples, facts.data.name, facts.seed) == (30, "iris", 3)
    right = np.argmax(evaluate(iris_graph(), data.x_test), axis=1) == data.y_test
    assert facts.accuracy.fixed.value == np.mean(right)
    assert facts.accuracy.qat.reason == "there is no model.keras"
    assert facts.accuracy.float_.reason == "there is no float baseline: it was not trained to the end"
    assert facts.sizes.float_parameters.value is None
    absent = {"exactness", "history", "task_outputs", "microcontrollers", "ptq"}
    assert set(facts.missing) == absent | set(OF_OTHER_RUNS)
    assert {row.name: row.fixed.value for row in facts.task_figures}["accuracy"] == np.mean(right)
    assert facts.speed is not None
    assert facts.speed.exact.value is not None
    assert facts.speed.float_.value is None
    assert [row.node for row in facts.certificate if row.op == "mat_mul"] == ["logits.matmul"]
    assert all(row.carrier == "float32" and row.margin >= 0 for row in facts.certificate)
    write(facts, run.folder)
    assert run.report_file("html").is_file()


def test_a_run_with_everything(tmp_path):
    graph = iris_graph()
    run = make_run(tmp_path / "run", graph)
    data = run.data()
    write_float(run.onnx / "float.onnx")
    vectors = golden.make(graph, data.x_test, data.y_test)
    write_atomic(run.check_file, check_folder(run.folder, graph, vectors, ("evaluate",)).to_json())
    write_history(run.history_file, [EpochRow("qat", 1, 0.001, 0.5, 0.8, 0.6, 0.7)])
    facts = collect(run)
    assert facts.missing == {
        "task_outputs": "there is no model.keras",
        "microcontrollers": "no C was exported (edgeml export RUN --to c)",
        "ptq": "the model was not quantized after training",
        **OF_OTHER_RUNS,
    }
    logits = data.x_test.astype(np.float64) @ (WEIGHTS / 4) + BIAS / 4
    assert facts.accuracy.float_.value == np.mean(np.argmax(logits, axis=1) == data.y_test)
    assert facts.sizes.float_parameters.value == 15
    assert facts.history[0].val_accuracy == 0.7
    assert facts.exactness is not None
    assert facts.exactness.graph == facts.graph
    assert verdict(facts).status == "unknown"  # only the reference was run
    assert facts.speed is not None
    assert facts.speed.float_.value is not None


def test_an_arg_max_at_the_end_gives_the_same_classes(tmp_path):
    plain = collect(make_run(tmp_path / "plain", iris_graph()))
    classes = collect(make_run(tmp_path / "classes", iris_graph(classes=True)))
    assert classes.confusion == plain.confusion
    assert len({column for row in plain.confusion.counts for column, n in enumerate(row) if n}) == 3  # type: ignore[union-attr]  # it is there


def test_a_graph_too_wide_for_the_emulator_goes_through_the_reference(tmp_path):
    build = Builder("iris_mlp")
    x = build.input((4,), FixedType(True, 30, 24), "features")
    weight = build.const(WEIGHTS * 2**24 + 1, FixedType(True, 29, 26), "logits.weight")
    graph = build.graph(build.add(MatMul(), x, weight, name="logits"))
    run = make_run(tmp_path / "run", graph)
    data, facts = run.data(), collect(run)
    right = np.argmax(evaluate(graph, data.x_test), axis=1) == data.y_test
    assert facts.accuracy.fixed.value == np.mean(right)
    assert facts.speed is None
    assert "bits" in facts.missing["speed"]
    assert [row.node for row in facts.certificate if row.carrier == "none"] == ["logits"]
    write(facts, run.folder)
    assert "Not carried" in run.report_file("html").read_text()


def test_a_damaged_baseline_is_a_reason_and_not_the_end(tmp_path):
    run = make_run(tmp_path / "run", iris_graph())
    write_float(run.onnx / "float.onnx")
    whole = (run.onnx / "float.onnx").read_bytes()
    (run.onnx / "float.onnx").write_bytes(whole[: len(whole) // 2])
    facts = collect(run)
    assert facts.accuracy.float_.value is None
    assert "float.onnx" in facts.accuracy.float_.reason


def test_a_run_without_a_graph_is_refused(tmp_path):
    run = make_run(tmp_path / "run", iris_graph())
    run.graph_file.unlink()
    with pytest.raises(EdgemlError, match="no exact graph"):
        collect(run)


def test_commands_name_every_changed_setting(tmp_path):
    changed = ["quantizers.weights.bits=4", "quantizers.layers.fc1.biases.integer=1", "data.scaling=minmax"]
    run = make_run(tmp_path / "run", iris_graph(), changed)
    train = next(line for line in commands(run) if " train " in line)
    assert train.startswith("edgeml train iris_mlp --out runs/iris_mlp --seed 3")
    for change in changed:
        assert f"--set {change}" in train
    assert "--set data.task=classification" in train  # as it was inferred then
    assert train.count("--set") == 4
    # Read back, they are the settings of the run.
    again = presets.choose(presets.load("iris_mlp"), [w for w in train.split() if "=" in w], seed=3)
    assert all(
        getattr(again, part) == getattr(run.config, part) for part in ("data", "quantizers", "training")
    )


def test_a_preset_file_of_the_user_is_named_and_not_run(tmp_path):
    run = make_run(tmp_path / "run", iris_graph())
    mine = tmp_path / "mine.py"
    mine.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    preset = run.config.preset.model_copy(update={"file": str(mine), "name": "mine"})
    other = Run(run.folder, run.config.model_copy(update={"preset": preset}))
    lines = commands(other)
    assert any(str(mine) in line for line in lines)
    assert any(preset.sha256 in line for line in lines)
    assert not (tmp_path / "ran").exists()


def test_a_sigmoid_at_the_end_moves_the_threshold(tmp_path):
    write_float(tmp_path / "a.onnx")
    write_float(tmp_path / "b.onnx", sigmoid=True)
    assert FloatModel(tmp_path / "a.onnx").threshold == 0.0
    assert FloatModel(tmp_path / "b.onnx").threshold == 0.5
    x = np.ones((5, 4), np.float32)
    one = FloatModel(tmp_path / "a.onnx").predict(x, batch=2)
    assert np.array_equal(one, FloatModel(tmp_path / "a.onnx").predict(x))
    assert one.shape == (5, 3)


def test_models_take_turns_and_every_one_is_timed():
    calls: list[str] = []
    best = speed.best_times({name: lambda name=name: calls.append(name) for name in ("a", "b")})
    assert calls[:4] == ["a", "b", "a", "b"]
    assert all(0 <= seconds < 1 for seconds in best.values())
    found = speed.measure({"exact": lambda: None}, {"exact": lambda: None}, 10, 1, {"float": "no float.onnx"})
    assert found.exact.value is not None
    assert (found.float_.reason, found.int8.reason) == ("no float.onnx", "not in the run")
