"""The section of the sensitivity to pruning: what is collected, and its chart."""

from __future__ import annotations

from pathlib import Path

from edgeml.report.page import to_html, to_markdown
from edgeml.report.sections.pruning.charts import pruning_chart
from edgeml.report.sections.pruning.facts import PruningFacts
from edgeml.report.sections.pruning.section import SECTION
from edgeml.report.sections.pruning.view import digest
from edgeml.report.source import RunSource
from edgeml.training.small.pruning_record import PRUNING_FILE
from tests.report.samples import sample_facts, sample_pruning
from tests.report.test_collect import iris_graph, make_run


def test_a_record_of_this_graph_is_collected_and_one_of_another_is_not(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", iris_graph())
    record = sample_pruning().model_copy(update={"graph": run.graph().digest})
    record.write(run.folder / PRUNING_FILE)
    assert SECTION.collect(RunSource.of(run)) == PruningFacts(pruning=record)
    sample_pruning().write(run.folder / PRUNING_FILE)
    facts = SECTION.collect(RunSource.of(run))
    assert isinstance(facts, PruningFacts)
    assert "is of another model" in facts.missing["pruning"]


def test_the_page_has_a_curve_and_a_row_for_each_layer() -> None:
    facts = sample_facts()
    chart = pruning_chart(facts)
    assert chart.count('class="curve') == 2
    assert "fc2, 50 % pruned: accuracy 90.00 %" in chart
    assert digest(facts) == "fc2 bears least: 10 % pruned within 1 point"
    assert "| `fc2` | 18 | 2 | 96.50 | 90.00 | 60.00 |" in to_markdown(facts)
    assert "Sensitivity to pruning" in to_html(facts)


def test_a_share_behind_one_that_is_not_borne_does_not_count() -> None:
    record = sample_pruning()
    percents = {("fc2", 0.1): 90.0, ("fc2", 0.5): 96.0}
    rows = tuple(
        row.model_copy(update={"percent": percents.get((row.layer, row.share), row.percent)})
        for row in record.rows
    )
    facts = sample_facts(pruning=record.model_copy(update={"rows": rows}))
    assert digest(facts) == "fc2 bears least: 0 % pruned within 1 point"
