"""The number beside each model, and the executor that vouches for each design."""

from __future__ import annotations

from typing import Any

import pytest

from edgeml import backends
from edgeml.checks.result import Check, Result, Status
from edgeml.report.facts import Facts
from edgeml.report.numbers import Number, absent, measured, proven
from edgeml.report.sections.accuracy.facts import ModelAccuracies, ModelAgreement
from edgeml.report.sections.accuracy.view import view as models
from edgeml.report.sections.speed.facts import EmulationSpeed
from edgeml.report.sections.ways.facts import PostTrainingResult
from edgeml.report.sections.ways.view import deployments, variants
from edgeml.report.sections.weights.facts import ModelSizes
from tests.report.hardware import estimated
from tests.report.samples import sample_facts

GRAPH = "ab" * 32


def rounding(types: str, start: float) -> PostTrainingResult:
    return PostTrainingResult.model_validate(
        {
            "types": types,
            "accuracy": measured(start),
            "agreement": measured(start + 0.01),
            "weight_bits": proven(int(start * 1000)),
            "bops": proven(int(start * 1000) + 1),
            "hardware": (estimated(GRAPH, "pynq-z2", start * 1000),),
        }
    )


@pytest.fixture(scope="module")
def facts() -> Facts:
    """Facts in which no two numbers are equal."""
    base = sample_facts()
    sizes = {**dict(base.sizes), "weight_bits": proven(41), "bops": proven(42)}
    sizes |= {"int8_bits": measured(43), "float_parameters": measured(44)}
    return base.model_copy(
        update={
            "accuracy": ModelAccuracies.model_validate(
                {n: measured(v) for n, v in {"float": 0.81, "qat": 0.82, "fixed": 0.83, "int8": 0.84}.items()}
            ),
            "agreement": ModelAgreement(fixed_qat=measured(0.91), fixed_float=measured(0.92)),
            "sizes": ModelSizes.model_validate(sizes),
            "post_training": (rounding("own", 0.61), rounding("calibrated", 0.71)),
            "speed": EmulationSpeed.model_validate(
                {
                    "exact": measured(2.0),
                    "float": measured(4.0),
                    "int8": measured(5.0),
                    "alone": {"exact": measured(20.0), "float": measured(40.0), "int8": measured(50.0)},
                    "samples": 10,
                    "threads": 1,
                    "repeats": 1,
                }
            ),
            "target": "pynq-z2",
            "hardware": (
                estimated(GRAPH, "pynq-z2", 100),
                estimated(GRAPH, "pynq-z2", 200, design="hls4ml"),
                estimated(GRAPH, "icebreaker", 300),
                estimated(GRAPH, "pynq-z2", 400, source="vendor", settings="other"),
            ),
        }
    )


def value(number: Number | None) -> float | None:
    return None if number is None else number.value


def test_each_model_has_its_own_accuracy_and_agreement(facts: Facts) -> None:
    assert [(m.name, value(m.accuracy), value(m.agreement)) for m in models(facts)] == [
        ("float32", 0.81, 0.92),
        ("QAT", 0.82, 0.91),
        ("fixed-point", 0.83, None),
        ("PTQ, same types", 0.61, None),
        ("PTQ, calibrated", 0.71, None),
        ("int8 QDQ", 0.84, None),
    ]
    assert len({m.style for m in models(facts)}) == 6


def test_each_rounding_has_its_own_figures(facts: Facts) -> None:
    found = [
        (r.name, *map(value, (r.accuracy, r.agreement, r.weight_bits, r.bops)), len(r.designs))
        for r in variants(facts)
    ]
    assert found == [
        ("trained for it (QAT)", 0.83, 0.92, 41, 42, 2),
        ("PTQ, same types", 0.61, 0.62, 610, 611, 1),
        ("PTQ, calibrated", 0.71, 0.72, 710, 711, 1),
    ]
    trained = variants(facts)[0]
    assert {(design.item.board, design.item.source) for design in trained.designs} == {
        ("pynq-z2", "estimate")
    }
    assert variants(facts.model_copy(update={"post_training": ()})) == ()


def test_each_way_on_the_cpu_has_its_own_figures(facts: Facts) -> None:
    cpu = [way for way in deployments(facts) if way.where == "this CPU"]
    assert [(w.name, w.how, w.style, *map(value, (w.accuracy, w.bits, w.latency, w.rate))) for w in cpu] == [
        ("float32", "trained in float", "m-float", 0.81, 44 * 32, 40_000, 250_000),
        ("int8 QDQ", "after training", "m-int8", 0.84, 43, 50_000, 200_000),
        ("exact fixed-point", "after training (PTQ, same types)", "m-own", 0.61, 610, None, None),
        ("exact fixed-point", "after training (PTQ, calibrated)", "m-calibrated", 0.71, 710, None, None),
        ("exact fixed-point", "quantization-aware", "m-fixed", 0.83, 41, 20_000, 500_000),
    ]


def test_what_is_not_there_says_why(facts: Facts) -> None:
    gone = absent("could not be made")
    bare = rounding("own", 0.5).model_copy(update={"accuracy": gone})
    untimed = facts.model_copy(
        update={"speed": None, "missing": {**facts.missing, "speed": "not timed"}, "post_training": (bare,)}
    )
    found = [way for way in deployments(untimed) if way.where == "this CPU"]
    assert [way.name for way in found] == ["float32", "int8 QDQ", "exact fixed-point"]
    assert {(way.latency.reason, way.rate.reason) for way in found} == {("not timed", "not timed")}
    assert facts.speed is not None
    odd = {"exact": measured(0.0), "int8": absent("no int8.onnx"), "alone": facts.speed.alone}
    found = deployments(facts.model_copy(update={"speed": facts.speed.model_copy(update=odd)}))
    rates = {way.name: way.rate.reason for way in found if way.where == "this CPU"}
    assert rates["exact fixed-point"] == "too fast to be timed" and rates["int8 QDQ"] == "no int8.onnx"


def with_rows(facts: Facts, rows: dict[str, Status]) -> Facts:
    results = [
        Result(backend=name, status=status, samples=3, reason="because" if status != "exact" else "")
        for name, status in rows.items()
    ]
    return facts.model_copy(
        update={"exactness": Check(model="m", graph=facts.graph, samples=3, results=tuple(results))}
    )


def accuracy(facts: Facts, design: str) -> Number:
    names = {"verilog": "Verilog", "hls4ml": "hls4ml"}
    found = [
        way.accuracy for way in deployments(facts) if way.where != "this CPU" and names[design] in way.name
    ]
    assert found and len({(number.value, number.reason) for number in found}) == 1
    return found[0]


RUNNERS = {"verilog": "verilator", "hls4ml": "hls4ml"}


@pytest.mark.parametrize("design", RUNNERS)
def test_only_its_own_simulation_vouches_for_a_design(facts: Facts, design: str) -> None:
    mine = RUNNERS[design]
    assert mine in {runner.name for runner in backends.load(design).runners()}
    others = [
        *(runner.name for name in backends.names() for runner in backends.load(name).runners()),
        *("evaluate", "keras", "board"),
    ]
    others.remove(mine)
    every: dict[str, Status] = dict.fromkeys(others, "exact")
    assert accuracy(with_rows(facts, {mine: "exact"}), design).value == 0.83
    told: dict[Status, str] = {"not-run": "was not simulated", "mismatch": "its integers differ"}
    for status, reason in told.items():  # whatever the others say
        found = accuracy(with_rows(facts, {**every, mine: status}), design)
        assert found.value is None and reason in found.reason
    assert "was not simulated" in accuracy(with_rows(facts, every), design).reason
    wrong: dict[str, Status] = dict.fromkeys(others, "mismatch")
    assert accuracy(with_rows(facts, {**wrong, mine: "exact"}), design).value == 0.83
    assert "was not simulated" in accuracy(facts.model_copy(update={"exactness": None}), design).reason


@pytest.mark.parametrize("design", RUNNERS)
def test_a_simulation_that_failed_vouches_for_nothing(facts: Facts, design: str) -> None:
    failed = Result(backend=RUNNERS[design], status="not-run", failed=True, reason="does not compile")
    check = Check(model="m", graph=facts.graph, samples=3, results=(failed,))
    assert accuracy(facts.model_copy(update={"exactness": check}), design).reason == "its simulation failed"


def test_designs_have_the_boards_name_and_their_own_clocks(facts: Facts) -> None:
    designs: list[Any] = [way for way in deployments(facts) if way.where != "this CPU"]
    # The target board, of which a tool has spoken, at the clock that the latency is at.
    assert [way.where for way in designs] == ["PYNQ-Z2, 100 MHz"] * 2
    assert {way.where for way in deployments(facts.model_copy(update={"boards": ()}))} == {
        *("this CPU", "pynq-z2, 100 MHz")
    }
    assert all(way.bits.value == 41 and way.how == "quantization-aware" for way in designs)
    assert {way.latency.value for way in designs} == {60.0}  # 6 clocks at 100 MHz
    assert {way.rate.value for way in designs} == {1e8}
