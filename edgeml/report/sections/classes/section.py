"""Classes: precision, recall and F1 of each, and which is taken for which."""

from __future__ import annotations

from edgeml.report.scores import about_classes
from edgeml.report.section import Section
from edgeml.report.sections.classes import collect, view
from edgeml.report.sections.classes.facts import ClassesFacts

SECTION = Section(
    title="Classes",
    place=60,
    facts=ClassesFacts,
    collect=collect.collect,
    digest=view.digest,
    view=view.view,
    applies=about_classes("confusion"),
)
