"""ROC and working points: how well scores tell each class from the rest, and what passes a threshold."""

from __future__ import annotations

from edgeml.report.scores import about_classes
from edgeml.report.section import Section
from edgeml.report.sections.working_points import collect, view
from edgeml.report.sections.working_points.charts import class_roc_chart, precision_chart, roc_chart
from edgeml.report.sections.working_points.facts import ScoreFacts

SECTION = Section(
    title="ROC and working points",
    place=61,
    facts=ScoreFacts,
    collect=collect.collect,
    digest=view.digest,
    view=view.view,
    charts=(roc_chart, class_roc_chart, precision_chart),
    applies=about_classes("score_areas"),
)
