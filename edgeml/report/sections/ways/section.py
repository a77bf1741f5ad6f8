"""Ways to run it: the same topology in float, rounded after training, and trained for its quantization."""

from __future__ import annotations

from edgeml.report.section import Compared, Section, TableColumn
from edgeml.report.sections.ways import collect, view
from edgeml.report.sections.ways.charts import times
from edgeml.report.sections.ways.facts import PostTrainingRow, WaysFacts
from edgeml.report.svg import in_both_widths

SECTION = Section(
    title="Ways to run it",
    place=30,
    facts=WaysFacts,
    collect=collect.collect,
    digest=view.digest,
    view=view.view,
    charts=(in_both_widths(times),),
    compared=Compared(
        row=PostTrainingRow,
        take=lambda facts, _: PostTrainingRow(
            post_training={item.types: item.accuracy for item in facts.part(WaysFacts).post_training}
        ),
        columns=(
            TableColumn(
                "PTQ",
                view.compared_cell,
                "exact graph of the float baseline at the same widths, calibrated; below at the run's types",
            ),
        ),
    ),
)
