"""The figure of the task (accuracy, R2) of the exact graph, on the validation part."""

from __future__ import annotations

from edgeml.explore.metric import EVERY, Metric, TrialFacts
from edgeml.explore.target import ExploreTarget
from edgeml.explore.units import Unit
from edgeml.figures import Figure


class Accuracy(Metric):
    """Percent, 100 is the best."""

    title = "accuracy"
    unit = Unit.PERCENT
    higher = True
    kinds = EVERY

    def value(self, facts: TrialFacts) -> Figure | None:
        return Figure(value=facts.percent)

    def capacity(self, target: ExploreTarget) -> float | None:
        return None


METRIC = Accuracy()
