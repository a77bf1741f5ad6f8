"""The boards that are compared: their facts are those of the section on hardware."""

from __future__ import annotations

from edgeml.report.section import SectionFacts


class BoardsFacts(SectionFacts):
    """No facts of its own: the section lays out `HardwareFacts` by board."""
