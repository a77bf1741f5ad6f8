"""Points lost against the float baseline, on the validation part; negative if the exact graph is better."""

from __future__ import annotations

from edgeml.explore.metric import EVERY, Metric, TrialFacts
from edgeml.explore.target import ExploreTarget
from edgeml.explore.units import Unit
from edgeml.figures import Figure


class AccuracyLoss(Metric):
    """Points of the figure of the task."""

    title = "loss of accuracy"
    unit = Unit.POINTS
    higher = False
    kinds = EVERY

    def value(self, facts: TrialFacts) -> Figure | None:
        return Figure(value=round(facts.float_percent - facts.percent, 9))

    def capacity(self, target: ExploreTarget) -> float | None:
        return None


METRIC = AccuracyLoss()
