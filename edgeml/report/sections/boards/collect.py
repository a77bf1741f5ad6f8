"""Nothing is collected here: the boards lie in the facts of the section on hardware."""

from __future__ import annotations

from edgeml.report.sections.boards.facts import BoardsFacts
from edgeml.report.source import RunSource


def collect(source: RunSource) -> BoardsFacts:
    """No facts."""
    del source
    return BoardsFacts()
