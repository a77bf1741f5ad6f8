"""Boards: the same designs on other boards, each from the best source for it."""

from __future__ import annotations

from edgeml.report.section import Section
from edgeml.report.sections.boards import collect, view
from edgeml.report.sections.boards.facts import BoardsFacts

SECTION = Section(
    title="Boards",
    place=50,
    facts=BoardsFacts,
    collect=collect.collect,
    view=view.view,
)
