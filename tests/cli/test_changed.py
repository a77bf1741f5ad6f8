"""A configuration that was edited after training is told, never repeated as a fact."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from edgeml import api, pipeline
from edgeml.checks import bound
from edgeml.errors import EdgemlError
from edgeml.presets import choose, load
from edgeml.training.train import train
from tests.cli.command import Shell


def edit(run: Path, pattern: str, text: str) -> None:
    path = run / "config.toml"
    before = path.read_text()
    after = re.sub(pattern, text, before, count=1, flags=re.MULTILINE)
    assert after != before
    path.write_text(after)


EDITS = [
    (r"^seed = \d+", "seed = 77", "seed 0 -> 77"),
    (r"^bits = \d+", "bits = 3", "-> 3"),
    (r"^epochs = 2", "epochs = 200", "training.epochs 2 -> 200"),
    (r'^scaling = "\w+"', 'scaling = "none"', "data.scaling standard -> none"),
    (r'^numpy = "[^"]+"', 'numpy = "9.9"', "-> 9.9"),
    (r'^created = "\d+', 'created = "1999', "-> 1999-"),
    (r'^checksum = "[^"]+"', 'checksum = "0"', "-> 0"),
]


@pytest.mark.parametrize(("pattern", "text", "told"), EDITS)
def test_an_edit_is_told_in_show_and_check(
    edgeml: Shell, run: Path, pattern: str, text: str, told: str
) -> None:
    assert bound.changes(api.load(run)) == ()
    edit(run, pattern, text)
    for words in (("show", str(run)), ("check", str(run), "--with", "evaluate")):
        outcome = edgeml(*words)
        assert outcome.code == 0
        said = " ".join(outcome.err.split())
        assert "config.toml was changed since training: " in said and told in said
    changed = json.loads(edgeml("show", str(run), "--json").out)["changed"]
    assert len(changed) == 1 and told in changed[0]


def test_the_report_is_of_what_was_trained(edgeml: Shell, run: Path) -> None:
    assert edgeml("report", str(run)).code == 0
    honest = json.loads((run / "report.json").read_text())
    assert honest["changed"] == "" and "changed since training" not in (run / "report.md").read_text()
    for pattern, text, _ in EDITS[:4]:
        edit(run, pattern, text)
    outcome = edgeml("report", str(run))
    assert outcome.code == 0, outcome
    report = json.loads((run / "report.json").read_text())
    assert "seed 0 -> 77" in report["changed"] and "training.epochs 2 -> 200" in report["changed"]
    for name in ("seed", "data", "commands", "versions", "accuracy"):
        assert report[name] == honest[name]
    for page in ("report.md", "report.html"):
        text = (run / page).read_text()
        assert "changed since training" in text and "what was trained" in text
        assert "--seed 77" not in text


def test_targets_may_change_and_an_older_run_has_nothing_to_compare(edgeml: Shell, run: Path) -> None:
    edit(run, r'^board = "[^"]+"', 'board = "zcu102"')
    assert bound.changes(api.load(run)) == ()
    edit(run, r"^seed = \d+", "seed = 77")
    (run / bound.FILE).unlink()
    assert bound.changes(api.load(run)) == () and bound.as_trained(api.load(run)).config.seed == 77


def test_another_model_and_an_edited_binding_are_told(run: Path) -> None:
    opened = api.load(run)
    whole = (run / bound.FILE).read_text()
    for text, told in (
        (whole.replace('"seed": 0', '"seed": 1'), "was edited"),
        (whole[:40], "cannot be read"),
    ):
        (run / bound.FILE).write_text(text)
        assert bound.changes(opened) == (f"{bound.FILE} {told}",)
        assert bound.as_trained(opened) == opened
    (run / bound.FILE).write_text(whole)
    (run / "model.keras").write_bytes(b"another")
    assert bound.changes(opened) == ("model.keras is another file",)
    (run / "model.keras").unlink()
    assert bound.changes(opened) == ()


def test_training_that_asks_for_the_edit_is_refused(run: Path) -> None:
    """Otherwise the run would pass for one of the edited configuration for ever."""
    edit(run, r"^epochs = 2", "epochs = 3")
    preset = load("iris_mlp")
    changed = choose(preset, ("training.float_epochs=2", "training.epochs=3"))
    again = train(preset, run, changed)
    with pytest.raises(EdgemlError, match="training.epochs 2 -> 3"):
        pipeline.lower(again)
    assert '"epochs": 2' in (run / bound.FILE).read_text()
    edit(run, r"^epochs = 3", "epochs = 2")
    pipeline.lower(train(preset, run, choose(preset, ("training.float_epochs=2", "training.epochs=2"))))
