"""The API of `import edgeml`: it is there, typed, quick to import, quiet, and shows itself in notebooks."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgeml
from edgeml.errors import EdgemlError
from edgeml.runs import Run
from tests.zoo import zoo

FUNCTIONS = [name for name in edgeml.__all__ if inspect.isfunction(getattr(edgeml, name))]
SLOW = pytest.mark.slow


def test_the_functions_are_there() -> None:
    assert set(FUNCTIONS) >= {
        *("lower", "evaluate", "emulator", "emit", "check", "load"),
        *("train", "export", "estimate", "synth", "report", "trace"),
    }
    assert set(edgeml.__all__) <= set(dir(edgeml))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_argument_is_documented_and_typed(name: str) -> None:
    function = getattr(edgeml, name)
    text = inspect.getdoc(function) or ""
    assert "Raises:" in text
    for parameter in inspect.signature(function).parameters.values():
        assert f"{parameter.name}:" in text, parameter
        assert parameter.annotation is not inspect.Parameter.empty
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD:
            assert parameter.annotation != "Any", f"{name}({parameter.name})"


def test_packages_do_not_hide_functions_of_their_name() -> None:
    import edgeml.estimate as estimates
    import edgeml.report.facts
    import edgeml.synth.request

    assert all(inspect.isfunction(getattr(edgeml, name)) for name in FUNCTIONS)
    assert sys.modules["edgeml.report"].__name__ == "edgeml.report"
    assert estimates is not None
    from edgeml.report import FILES

    assert "report.json" in FILES


def test_the_import_is_quick_and_loads_nothing_heavy() -> None:
    code = (
        "import sys, time\nstart = time.perf_counter()\nimport edgeml\n"
        "heavy = {'numpy', 'keras', 'pydantic', 'onnx', 'rich'}\n"
        "print(time.perf_counter() - start, *(heavy & set(sys.modules)))"
    )
    done = [subprocess.check_output([sys.executable, "-c", code], text=True).split() for _ in range(3)]
    assert min(float(words[0]) for words in done) < 0.3
    assert all(len(words) == 1 for words in done)


@pytest.mark.parametrize("name", sorted(zoo()))
def test_trace_gives_every_value(name: str) -> None:
    graph = zoo()[name]
    rng = np.random.default_rng(3)
    x = {port: rng.uniform(-2, 2, (3, *graph.info(port).shape)) for port in graph.inputs}
    values, codes = edgeml.trace(graph, x), edgeml.trace(graph, x, raw=True)
    assert list(values) == list(codes) == [n.name for n in graph.nodes if n.op.op_name() != "const"]
    for each in values:
        assert (values[each].dtype, codes[each].dtype) == (np.float64, np.int64)
        assert values[each].shape == codes[each].shape == (3, *graph.info(each).shape)
        np.testing.assert_array_equal(
            values[each], codes[each] * 2.0 ** -np.asarray(graph.info(each).type.frac, float)
        )
    out: Any = edgeml.evaluate(graph, x)
    for output in graph.outputs:
        if output in values:  # a constant needs no tracing
            np.testing.assert_array_equal(values[output], out[output] if isinstance(out, dict) else out)


def test_an_emulator_shows_itself() -> None:
    graph = next(iter(zoo().values()))
    text, page = repr(edgeml.emulator(graph)), edgeml.emulator(graph)._repr_html_()
    for part in (graph.name, *graph.inputs, *graph.outputs, "float32"):
        assert part in text
        assert part in page


def test_a_check_shows_itself() -> None:
    graph = next(iter(zoo().values()))
    x = {port: np.zeros((3, *graph.info(port).shape)) for port in graph.inputs}
    told: list[str] = []
    result = edgeml.check(graph, x, backends=["evaluate", "onnx"], progress=told.append)
    assert told == ["evaluate", "onnx"]
    text, page = repr(result), result._repr_html_()
    assert text == str(result)
    assert f"Check({graph.name}: ok, 2 of 2 run)" in text
    assert "onnxruntime  exact" in text
    assert "<td" in page and "onnxruntime" in page and "exact" in page
    with pytest.raises(EdgemlError, match="needs data"):
        edgeml.check(graph)  # type: ignore[call-overload]


def test_an_error_reads_well() -> None:
    with pytest.raises(EdgemlError) as caught:
        edgeml.load("/nowhere/at/all")
    assert str(caught.value).startswith("/nowhere/at/all: is not a run folder (")


def test_settings_nested_and_dotted() -> None:
    from edgeml.settings import assignments, set_values

    values = {"training": {"epochs": np.int64(5), "x": None}, "data.dataset": "a b", "y": [1, 2.5, "z"]}
    assert set_values({}, assignments(values)) == {
        "training": {"epochs": 5},
        "data": {"dataset": "a b"},
        "y": [1, 2.5, "z"],
    }
    with pytest.raises(EdgemlError, match="is a object"):
        assignments({"x": object()})


def test_names_below_runs_and_near_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from edgeml import presets
    from edgeml.presets import prepare
    from edgeml.runconfig import RunConfig

    monkeypatch.chdir(tmp_path)
    preset = presets.load("iris_mlp")
    choices = presets.choose(preset)
    made = Run.create(Path("runs/iris_mlp"), RunConfig.of(preset, choices, prepare(choices.data)))
    assert edgeml.load("iris_mlp") == edgeml.load("runs/iris_mlp") == made
    (tmp_path / "iris_mlp").mkdir()  # a folder of that name that is no run is in nobody's way
    assert edgeml.load("iris_mlp") == made
    with pytest.raises(EdgemlError) as caught:
        edgeml.load("iris_mpl")
    assert caught.value.hint == "did you mean runs/iris_mlp?"
    with pytest.raises(EdgemlError) as caught:
        edgeml.load("xyz")
    assert caught.value.hint == "there are runs/iris_mlp"
    told = "preset iris_mlp; data set iris; seed 0; training not complete; there nothing yet"
    assert repr(made) == f"Run('runs/iris_mlp': {told})"
    assert "iris_mlp" in made._repr_html_()


SCRIPT = """
import json
import edgeml
lines = []
run = edgeml.train("iris_mlp", out="a run", epochs=2, seed=3, settings={"quantizers.weights.bits": 6},
                   progress=lines.append)
assert run.config.seed == 3 and run.config.quantizers.weights.bits == 6 and run.config.training.epochs == 2
written = edgeml.export(run, ["onnx", "qonnx"])
assert [row.backend for row in written if row.files][:2] == ["onnx", "qonnx"], written
result = edgeml.check("a run", backends=["evaluate", "onnx", "qonnx"])
assert result.ok and len(result.compared) == 3
estimate = edgeml.estimate(run, "icebreaker")
assert estimate.estimate.source == "estimate" and estimate.state
assert edgeml.estimate(run.graph(), "pynq-z2", design="hls4ml", fit=True).solution is not None
facts = edgeml.report(run)
print(json.dumps([lines, repr(run), run.report_file("html").is_file(), facts.accuracy.fixed.value]))
"""


@SLOW
def test_a_run_from_end_to_end_in_python_says_nothing(tmp_path: Path) -> None:
    """TensorFlow's lines included: only what the script prints."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    lines, text, written, accuracy = json.loads(done.stdout)
    assert done.stderr == ""
    assert lines[0] == "float baseline: up to 2 epochs" and lines[-1] == "lowering"
    assert "there graph, check, float baseline, report, onnx" in text
    assert written and 0 <= accuracy <= 1
