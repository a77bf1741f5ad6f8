"""Instructions per inference on a microcontroller, counted under QEMU."""

from __future__ import annotations

from edgeml.explore.metric import MCUS, Metric, TrialFacts
from edgeml.explore.target import ExploreTarget
from edgeml.explore.units import Unit
from edgeml.figures import Figure


class Instructions(Metric):
    """A count, the mean over some samples."""

    title = "instructions"
    unit = Unit.COUNT
    higher = False
    kinds = MCUS

    def value(self, facts: TrialFacts) -> Figure | None:
        figures = None if facts.fit is None else facts.fit.figures
        return None if figures is None else Figure(value=figures.instructions)

    def capacity(self, target: ExploreTarget) -> float | None:
        return None


METRIC = Instructions()
