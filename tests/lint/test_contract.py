"""The contract of every lint rule: a model breaks it, another does not, and what it lacks is said."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import Any

import pytest

from edgeml.lint import Rule, Subject, SubjectPart, load, names
from edgeml.lint.result import lint
from edgeml.lint.subject import Missing

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

FIELDS = {
    SubjectPart.NETWORK: "network_part",
    SubjectPart.GRAPH: "graph_part",
    SubjectPart.SAMPLES: "samples_part",
    SubjectPart.LABELS: "labels_part",
    SubjectPart.LOSS: "loss_part",
    SubjectPart.TRAINED: "trained_part",
    SubjectPart.HLS4ML: "graph_part",
}


@pytest.fixture(params=names())
def rule(request: pytest.FixtureRequest) -> tuple[str, Rule, Any]:
    name = request.param
    return name, load(name), importlib.import_module(f"tests.lint.rules.{name}")


def test_a_model_breaks_it_and_another_does_not(rule: tuple[str, Rule, Any]) -> None:
    name, _, cases = rule
    broken = lint(cases.breaks())[name]
    assert broken.status == "broken", broken.reason
    assert tuple(finding.layer for finding in broken.findings) == cases.LAYERS
    assert all(finding.text for finding in broken.findings)
    kept_to = lint(cases.keeps())[name]
    assert (kept_to.status, kept_to.findings) == ("holds", ())


def test_what_it_lacks_is_said(rule: tuple[str, Rule, Any]) -> None:
    name, declared, cases = rule
    subject = cases.breaks()
    for need in declared.needs:
        less = replace(subject, **{FIELDS[need]: Missing("it was left out")})
        row = lint(less)[name]
        assert (row.status, row.reason, row.findings) == ("not-run", "it was left out", ())


def test_it_does_not_hold_without_what_it_holds_with(rule: tuple[str, Rule, Any]) -> None:
    name, declared, cases = rule
    for part in declared.holds_with:
        left_out = {FIELDS[part]: Missing("it was left out")}
        assert lint(replace(cases.breaks(), **left_out))[name].status == "broken"
        row = lint(replace(cases.keeps(), **left_out))[name]
        assert (row.status, row.reason, row.findings) == ("not-run", "it was left out", ())


def test_it_reads_no_more_than_it_declares(rule: tuple[str, Rule, Any]) -> None:
    """A part that it reads and does not declare is a `LookupError`."""
    _, declared, cases = rule
    subject: Subject = cases.breaks()
    left_out = Missing("not declared")
    fields = {FIELDS[need] for need in (*declared.needs, *declared.holds_with)}
    less = replace(subject, **{field: left_out for field in FIELDS.values() if field not in fields})
    assert list(declared.find(less)) == list(declared.find(subject))


def test_a_rule_says_why_and_what_instead() -> None:
    texts = [(rule.title, rule.why, rule.remedy) for rule in map(load, names())]
    assert len({title for title, _, _ in texts}) == len(texts) > 15
    assert all(why.endswith(".") and not remedy.endswith(".") for _, why, remedy in texts)
    with pytest.raises(ValueError, match="at least one need"):
        replace(load("alpha_auto"), needs=())
