from __future__ import annotations

import pytest
from pydantic import ValidationError

from edgeml.checks.result import Check, Result
from edgeml.report.numbers import Number, absent, measured, proven
from edgeml.report.sections.exactness.view import verdict
from edgeml.report.sections.training.facts import Epoch
from tests.report.samples import sample_facts, sample_graph


def test_a_number_has_a_value_or_a_reason_and_never_both_or_neither():
    assert measured(0).value == 0
    assert proven(3).source == "proven"
    assert absent("no tool").value is None
    with pytest.raises(ValidationError, match="value or a reason"):
        Number(value=None)
    with pytest.raises(ValidationError, match="value or a reason"):
        Number(value=1, reason="but")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_nan_and_infinity_are_no_facts(value):
    with pytest.raises(ValidationError):
        measured(value)
    with pytest.raises(ValidationError):
        Epoch(phase="qat", epoch=1, loss=value)


def test_a_section_is_there_or_said_to_be_missing():
    with pytest.raises(ValidationError, match="speed is neither there"):
        sample_facts(speed=None)
    with pytest.raises(ValidationError, match="speed is neither there nor said to be missing, or both"):
        sample_facts(missing={"speed": "no onnxruntime"})
    with pytest.raises(ValidationError, match="unknown sections: sped"):
        sample_facts(missing={"sped": "typo"})
    facts = sample_facts(speed=None, missing={"speed": "no runtime"})
    assert facts.missing["speed"] == "no runtime"


def test_verdict_exact_counts_only_what_ran():
    found = verdict(sample_facts())
    assert found.status == "exact"
    assert found.text == "bit-exact on 300 samples across 2 executors"
    assert found.detail == "1 not run"


def test_one_mismatch_beats_any_number_of_exact_results():
    found = verdict(sample_facts(mismatch=True))
    assert found.status == "mismatch"
    assert found.text == "qonnx differs, first at op fc1.matmul"


def test_nothing_compared_is_not_exact():
    idle = Check(
        model="sample",
        graph=sample_graph().digest,
        samples=300,
        results=(Result(backend="keras", status="not-run", reason="no TensorFlow"),),
    )
    assert verdict(sample_facts(exactness=idle)).status == "unknown"
    missing = {"exactness": "not checked yet"}
    found = verdict(sample_facts(exactness=None, missing=missing))
    assert (found.status, found.detail) == ("unknown", "not checked yet")


def test_the_reference_alone_compares_nothing():
    alone = Result(backend="evaluate", status="exact", samples=300)
    check = Check(model="sample", graph=sample_graph().digest, samples=300, results=(alone,))
    found = verdict(sample_facts(exactness=check))
    assert (found.status, found.text) == ("unknown", "nothing was compared with the reference")


def test_a_check_of_another_graph_proves_nothing():
    check = sample_facts().exactness
    assert check is not None
    stale = check.model_copy(update={"graph": "0" * 64})
    found = verdict(sample_facts(exactness=stale))
    assert (found.status, found.text) == ("unknown", "checked before the graph changed")


def test_executors_that_compared_fewer_samples_are_said_so():
    results = (
        Result(backend="onnxruntime", status="exact", samples=10_000),
        Result(backend="hls4ml", status="exact", samples=200),
    )
    check = Check(model="sample", graph=sample_graph().digest, samples=10_000, results=results)
    assert (
        verdict(sample_facts(exactness=check)).text == "bit-exact on 200 to 10,000 samples across 2 executors"
    )


def test_headline_leaves_out_what_there_is_not():
    lines = sample_facts().headline()
    assert lines[0] == "bit-exact on 300 samples across 2 executors (1 not run)"
    assert "fixed-point" in lines[1]
    assert "int8" not in lines[1]
