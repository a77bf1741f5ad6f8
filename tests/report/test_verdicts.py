"""The contract of every verdict: facts have it, and the facts after its remedy have not."""

from __future__ import annotations

import importlib
import shlex
from typing import Any

import pytest

from edgeml import presets
from edgeml.cli.main import command_line
from edgeml.report import verdicts
from edgeml.report.facts import Facts
from edgeml.report.page import to_html, to_markdown
from edgeml.report.sections.classes.facts import Confusion
from edgeml.report.sections.speed import collect as speed
from edgeml.report.verdict import RunVerdict, Urgency, VerdictKind
from edgeml.report.verdicts import judged, of_kind
from tests.report.samples import sample_facts


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(speed, "SECONDS", 0.01)
    monkeypatch.setenv("EDGEML_LEDGER", str(tmp_path / "ledger.jsonl"))


@pytest.mark.parametrize("name", verdicts.names())
def test_the_remedy_makes_the_verdict_go(name: str, tmp_path) -> None:
    cases = importlib.import_module(f"tests.report.verdicts.{name}")
    before = cases.broken(tmp_path)
    found = of_kind(name, before)
    assert found and all(one.text and one.remedy for one in found)
    assert {one.code for one in found} == {name.replace("_", "-")}
    assert {one.severity for one in found} == {verdicts.load(name).severity}
    for one in found:
        is_command(one)
        if one.section != "top":
            assert f'id="{one.section}"' in to_html(before)
    after = cases.mended(tmp_path, found)
    assert of_kind(name, after) == ()


def is_command(found: RunVerdict) -> None:
    """Every command of a remedy is one that edgeml takes, and every setting one that a preset has."""
    for line in found.command.split(" && ") if found.command else ():
        program, name, *words = shlex.split(line)
        assert program == "edgeml"
        group: Any = command_line()
        inner = group.get_command(None, name)
        assert inner is not None, name
        inner.make_context(name, list(words), resilient_parsing=True)
        given = {word for word in words if word.startswith("--")}
        known = {option for parameter in inner.params for option in parameter.opts}
        assert given <= known, given - known
        if name in ("run", "train"):
            sets = [words[place + 1] for place, word in enumerate(words) if word == "--set"]
            presets.choose(presets.load("digits_mlp"), sets)
            assert set(found.settings) <= set(sets)


def test_the_worst_stands_first_on_the_page_and_in_markdown() -> None:
    facts = sample_facts(mismatch=True)
    facts = facts.model_copy(update={"verdicts": judged(facts)})
    order = [list(Urgency).index(one.severity) for one in facts.verdicts]
    assert order == sorted(order) and order[0] == 0 and order[-1] > 0
    page, text = to_html(facts), to_markdown(facts)
    places = [page.index(f'class="w-{name}"') for name in ("bad", "advice")]
    assert places == sorted(places)
    assert text.index("**Wrong**") < text.index("**Could be better**")
    assert facts == Facts.parse(facts.to_json(), "report.json")


def test_a_model_that_finds_a_rare_class_is_not_at_chance() -> None:
    """With weighted classes it is right less often than always saying the frequent one."""
    chance = importlib.import_module("tests.report.verdicts.at_chance").broken(None)
    rare = Confusion(classes=("cat", "owl"), counts=((220, 58), (6, 16)))
    find = verdicts.load("at_chance").find
    assert list(find(chance)) and not list(find(chance.model_copy(update={"confusion": rare})))


def test_green_is_for_good_results_not_for_having_run() -> None:
    good = sample_facts(verdicts=())
    assert 'class="answer t-good"><h2><a href="#accuracy"' in to_html(good)
    chance = importlib.import_module("tests.report.verdicts.at_chance").broken(None)
    chance = chance.model_copy(update={"verdicts": judged(chance)})
    page = to_html(chance)
    assert 'class="answer t-bad"><h2><a href="#accuracy"' in page and 'class="verdict v-bad"' in page
    assert 'class="verdict v-good"' not in page


def test_a_remedy_repeats_the_settings_that_the_run_had() -> None:
    cases = importlib.import_module("tests.report.verdicts.overfits")
    facts = cases.broken(None).model_copy(
        update={"changes": ("quantizers.weights.bits=4", "training.epochs=30")}
    )
    (found,) = of_kind("overfits", facts)
    assert "--set quantizers.weights.bits=4" in found.command and "training.epochs=30" not in found.command
    imported = facts.model_copy(update={"origin": "import"})
    (found,) = of_kind("overfits", imported)
    assert found.command == "" and "where the model was trained" in found.remedy


@pytest.mark.parametrize("missing", ["title", "section"])
def test_a_kind_says_what_it_is_about(missing: str) -> None:
    fields = {"title": "a", "section": "b", missing: " "}
    with pytest.raises(ValueError, match="has a title and a section"):
        VerdictKind(severity=Urgency.BAD, find=lambda facts: iter(()), **fields)
