"""Bytes of flash: code, constants and library functions."""

from __future__ import annotations

from edgeml.explore.metric import MCUS, Metric, TrialFacts
from edgeml.explore.target import ExploreTarget
from edgeml.explore.units import Unit
from edgeml.figures import Figure


class Flash(Metric):
    """Bytes, counted in a linked program."""

    title = "flash"
    unit = Unit.BYTES
    higher = False
    kinds = MCUS

    def value(self, facts: TrialFacts) -> Figure | None:
        figures = None if facts.fit is None else facts.fit.figures
        return None if figures is None else Figure(value=figures.flash)

    def capacity(self, target: ExploreTarget) -> float | None:
        return None if target.mcu is None else float(target.mcu.flash.size)


METRIC = Flash()
