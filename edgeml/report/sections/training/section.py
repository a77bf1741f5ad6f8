"""Training: loss and accuracy by epoch."""

from __future__ import annotations

from edgeml.report.section import Compared, Section
from edgeml.report.sections.training import collect, view
from edgeml.report.sections.training.charts import curves
from edgeml.report.sections.training.facts import CurveRow, TrainingFacts

SECTION = Section(
    title="Training",
    place=100,
    facts=TrainingFacts,
    collect=collect.collect,
    digest=view.digest,
    view=view.view,
    charts=(curves,),
    compared=Compared(row=CurveRow, take=lambda facts, _: view.row(facts), columns=()),
)
