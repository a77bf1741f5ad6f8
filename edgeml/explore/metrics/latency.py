"""The time from a sample in to its result out: of a design in its clocks, of a microcontroller in cycles."""

from __future__ import annotations

from edgeml.explore.metric import EVERY, Metric, TrialFacts
from edgeml.explore.target import ExploreTarget
from edgeml.explore.units import Unit
from edgeml.figures import Figure


class Latency(Metric):
    """Nanoseconds."""

    title = "latency"
    unit = Unit.TIME
    higher = False
    kinds = EVERY

    def value(self, facts: TrialFacts) -> Figure | None:
        if facts.hardware is not None:
            return facts.hardware.latency_ns
        return None if facts.fit is None else facts.fit.latency

    def capacity(self, target: ExploreTarget) -> float | None:
        return None


METRIC = Latency()
