"""Classes of an exact graph, whichever executor gives them; times of models."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.fixed import FixedType
from edgeml.ir import Builder, Graph, evaluate
from edgeml.ir.ops.arg_max import ArgMax
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.report import exact, machine, quality
from edgeml.report.sections.accuracy.collect import accuracies, agreements
from edgeml.report.sections.speed import collect as speed
from tests.report.samples import sample_graph, sample_inputs


def one_output(signed: bool) -> Graph:
    """Two features, one output: the first; from -4 on, or never negative."""
    build = Builder("one")
    x = build.input((2,), FixedType(signed, 6, 3), "x")
    weight = build.const([[1], [0]], FixedType(True, 2, 0), "w")
    return build.graph(build.add(MatMul(), x, weight, name="y"))


def test_the_emulator_runs_and_nothing_is_said() -> None:
    graph, x = sample_graph(), sample_inputs()
    run, reason = exact.executor(graph)
    assert reason == ""
    np.testing.assert_array_equal(run(x), evaluate(graph, x))


def test_where_it_is_too_narrow_the_reference_runs_and_says_why() -> None:
    build = Builder("wide")
    x = build.input((2,), FixedType(True, 30, 24), "x")
    weight = build.const([[2**27 + 1], [3]], FixedType(True, 29, 26), "w")
    graph = build.graph(build.add(MatMul(), x, weight, name="y"))
    run, reason = exact.executor(graph)
    assert "bits" in reason
    data = np.array([[0.3, -1.7], [2.5, 1.1]])
    np.testing.assert_array_equal(run(data), evaluate(graph, data))


def test_a_logit_is_class_one_above_zero_and_a_probability_above_one_half() -> None:
    values = np.array([[-1.0], [0.0], [0.25], [0.5], [0.75]])
    assert exact.classes(one_output(True), values).tolist() == [0, 0, 1, 1, 1]
    assert exact.classes(one_output(False), values).tolist() == [0, 0, 0, 0, 1]


def test_several_outputs_count_by_their_first() -> None:
    graph = sample_graph()
    values = {"fc2": np.array([[1.0, 2.0, 0.0]]), "other": np.array([[5.0, 0.0, 0.0]])}
    assert exact.classes(graph, values).tolist() == [1]
    assert exact.first([1, 2]) == [1, 2]


def test_an_arg_max_gives_classes_already() -> None:
    build = Builder("classes")
    x = build.input((3,), FixedType(True, 6, 3), "x")
    graph = build.graph(build.add(ArgMax(), x, name="class"))
    found = exact.classes(graph, np.array([2.0, 0.0, 1.0]))
    assert found.tolist() == [2, 0, 1] and found.dtype == np.int64


def test_agreement_is_with_the_exact_graph() -> None:
    predicted: dict[str, quality.Labels | None] = {
        "fixed": np.array([0, 1, 1, 0]),
        "qat": np.array([0, 1, 1, 1]),
        "float": np.array([0, 0, 0, 0]),
        "int8": np.array([1, 1, 1, 1]),
    }
    found = agreements(predicted, {})
    assert (found.fixed_qat.value, found.fixed_float.value) == (0.75, 0.5)
    hits = accuracies(np.array([0, 1, 1, 0]), predicted, {})
    assert (hits.fixed.value, hits.qat.value, hits.float_.value, hits.int8.value) == (1.0, 0.75, 0.5, 0.5)
    nothing = agreements({"fixed": None}, {"qat": "no model.keras"})
    assert (nothing.fixed_qat.reason, nothing.fixed_float.reason) == ("no model.keras", "no predictions")


def clock(monkeypatch: pytest.MonkeyPatch, costs: dict[str, list[float]]):
    """Calls that take the seconds given, one after the other, on a clock of their own."""
    now = [0.0]
    monkeypatch.setattr(speed.time, "perf_counter", lambda: now[0])

    def call(name: str):
        left = list(costs[name])

        def run() -> None:
            now[0] += left.pop(0) if len(left) > 1 else left[0]

        return run

    return {name: call(name) for name in costs}


def test_the_fastest_counts_and_the_first_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = clock(monkeypatch, {"a": [0.001, 0.3, 0.2, 0.4], "b": [0.5, 0.6, 0.05, 0.07]})
    assert speed.best_times(calls) == {"a": pytest.approx(0.2), "b": pytest.approx(0.05)}


def test_slow_models_are_repeated_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = {"slow": 0}
    (run,) = clock(monkeypatch, {"slow": [1.5]}).values()

    def counted() -> None:
        counts["slow"] += 1
        run()

    speed.best_times({"slow": counted})
    assert counts["slow"] == 1 + 2  # 2 seconds for one model
    counts["slow"] = 0
    quick = clock(monkeypatch, {"slow": [0.001]})["slow"]
    speed.best_times({"slow": lambda: (counts.update(slow=counts["slow"] + 1), quick())})
    assert counts["slow"] == 1 + speed.REPEATS


@pytest.mark.parametrize(
    ("seconds", "rounds"), [([1.5, 1.5], 2), ([1.0], 3), ([1.0, 1.0], 3), ([0.5, 3.0], 2)]
)
def test_the_time_is_shared_by_all_models(
    monkeypatch: pytest.MonkeyPatch, seconds: list[float], rounds: int
) -> None:
    """Two seconds for each; a round that is begun is ended."""
    counts = dict.fromkeys(map(str, range(len(seconds))), 0)
    calls = clock(monkeypatch, {str(n): [cost] for n, cost in enumerate(seconds)})

    def counted(name: str):
        def run() -> None:
            counts[name] += 1
            calls[name]()

        return run

    speed.best_times({name: counted(name) for name in counts})
    assert set(counts.values()) == {1 + rounds}


def test_times_are_microseconds_of_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = clock(
        monkeypatch, {"exact": [0.02], "float": [0.01], "exact alone": [0.003], "float alone": [0.001]}
    )
    batch, alone = ({n: calls[n + end] for n in ("exact", "float")} for end in ("", " alone"))
    found = speed.measure(batch, alone, 100, 2, {"int8": "no int8.onnx"})
    assert (found.exact.value, found.float_.value) == (pytest.approx(200), pytest.approx(100))
    assert found.alone["exact"].value == pytest.approx(3000)
    assert found.alone["float"].value == pytest.approx(1000)
    assert found.int8.reason == found.alone["int8"].reason == "no int8.onnx"
    assert (found.samples, found.threads, found.repeats) == (100, 2, speed.REPEATS)
    assert found.exact.source == "measured"


def test_cores_are_those_that_this_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda process: {1, 2, 5}, raising=False)
    assert machine.threads() == 3 and "3 cores" in machine.machine()
    monkeypatch.delattr(machine.os, "sched_getaffinity")
    monkeypatch.setattr(machine.os, "cpu_count", lambda: None)
    assert machine.threads() == 1
