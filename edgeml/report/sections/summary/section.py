"""The top of the page: the model, the verdict, the numbers that are read first."""

from __future__ import annotations

from edgeml.report.section import Compared, Section
from edgeml.report.sections.summary import collect, view
from edgeml.report.sections.summary.charts import accuracy_strip, share_bar
from edgeml.report.sections.summary.facts import SummaryFacts, SummaryRow

SECTION = Section(
    title="",
    place=0,
    facts=SummaryFacts,
    collect=collect.collect,
    digest=lambda _: "",
    view=view.view,
    charts=(share_bar, accuracy_strip),
    headline=view.headline,
    compared=Compared(row=SummaryRow, take=view.row, columns=()),
)
