"""Boards: the same designs on other boards, each from the best source for it."""

from __future__ import annotations

from edgeml.report.section import Section, SectionFacts
from edgeml.report.sections.boards.view import digest, view


class BoardsFacts(SectionFacts):
    """No facts of its own: the section lays out the `HardwareFacts` by board."""


SECTION = Section(
    title="Boards", place=50, facts=BoardsFacts, collect=lambda _: BoardsFacts(), digest=digest, view=view
)
