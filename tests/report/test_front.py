"""The section of the front of checkpoints, and the verdict on bits where each weight has its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeml.report.page import to_html, to_markdown
from edgeml.report.sections.front.charts import front_chart
from edgeml.report.sections.front.facts import FrontFacts
from edgeml.report.sections.front.section import SECTION
from edgeml.report.sections.front.view import digest, view
from edgeml.report.source import RunSource
from edgeml.report.verdicts import clips
from edgeml.report.verdicts.spare_bits import VERDICT
from edgeml.training.history import write_history
from edgeml.training.progress import EpochRow
from edgeml.training.small.front import Checkpoint, Front
from tests.report.samples import sample_facts, sample_front
from tests.report.test_collect import iris_graph, make_run

POINTS = sample_front()["front"]


def collected(folder: Path, *points: Checkpoint) -> FrontFacts:
    graph = iris_graph()
    run = make_run(folder, graph)
    write_history(run.history_file, [EpochRow("qat", 2, 1e-3, 0.2, 0.97, 0.2, 0.975)])
    for point in points:
        Front(run.front).offer(point, [np.zeros(1)])
    facts = SECTION.collect(RunSource.of(run))
    assert isinstance(facts, FrontFacts)
    return facts


def test_a_front_is_collected_with_the_checkpoint_that_was_taken(tmp_path: Path) -> None:
    facts = collected(tmp_path / "run", *POINTS)
    assert (facts.front, facts.front_unit, facts.front_taken, facts.front_notes) == (
        POINTS, "bit operations", 2, ()
    )  # fmt: skip


def test_a_front_of_one_point_has_its_note(tmp_path: Path) -> None:
    (note,) = collected(tmp_path / "run", POINTS[1]).front_notes
    assert "the front has one point: epoch 2 of" in note


def test_a_training_without_a_front_has_no_section(tmp_path: Path) -> None:
    reason = collected(tmp_path / "run").missing
    whole = sample_facts()
    facts = sample_facts(front=(), missing={**whole.missing, **reason})
    assert SECTION.applies(whole) and not SECTION.applies(facts)


def test_the_page_has_each_checkpoint_and_a_point_for_it() -> None:
    facts = sample_facts()
    assert [(row.number, row.quality, row.is_model) for row in view(facts)] == [
        (1, "90.00 %", False), (2, "97.50 %", True)
    ]  # fmt: skip
    assert digest(facts) == "2 checkpoints; taken is number 2, 97.50 % at 1,200 bit operations"
    assert front_chart(facts).count("number 2, epoch 2: 97.50 %") == 2, "on the front, and as the taken one"
    assert "| 2 (taken) | 1,200 | 97.50 % | 0.2000 | 2 | 1.0e-06 |" in to_markdown(facts)
    assert "Front of checkpoints" in to_html(facts)


@pytest.mark.parametrize("part", ["layers", "weights"])
def test_types_per_element_have_no_verdict_on_their_bits(part: str) -> None:
    facts = sample_facts()
    rows = tuple(
        row.model_copy(update={"type": "fixed<1..5,0..2>", "name": "fc1.weight"})
        for row in getattr(facts, part)
    )
    empty = {"layers": (), "weights": ()}
    changed = facts.model_copy(update={**empty, part: rows})
    assert list(VERDICT.find(changed)) == []
    assert list(clips.VERDICT.find(changed)) == []
