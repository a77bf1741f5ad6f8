"""The time from one sample to the next of a design on a board."""

from __future__ import annotations

from edgeml.explore.metric import BOARDS, Metric, TrialFacts
from edgeml.explore.target import ExploreTarget
from edgeml.explore.units import Unit
from edgeml.figures import Figure, nanoseconds


class Interval(Metric):
    """Nanoseconds."""

    title = "interval"
    unit = Unit.TIME
    higher = False
    kinds = BOARDS

    def value(self, facts: TrialFacts) -> Figure | None:
        hardware = facts.hardware
        if hardware is None or hardware.ii is None or not hardware.cycle_mhz:
            return None
        return hardware.ii.scaled(nanoseconds(1, hardware.cycle_mhz))

    def capacity(self, target: ExploreTarget) -> float | None:
        return None


METRIC = Interval()
