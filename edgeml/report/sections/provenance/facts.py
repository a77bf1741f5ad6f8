"""Facts that repeat a run."""

from __future__ import annotations

from edgeml.report.section import SectionFacts


class ProvenanceFacts(SectionFacts):
    """Facts that repeat a run.

    Attributes:
        commands: for a shell, a line each.
    """

    commands: tuple[str, ...] = ()
