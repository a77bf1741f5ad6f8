"""Facts of the values that reach a cast."""

from __future__ import annotations

from typing import ClassVar

from edgeml.report.histogram import Histogram
from edgeml.report.section import SectionFacts


class ActivationsFacts(SectionFacts):
    """Facts of the values that reach a cast.

    Attributes:
        activations: histograms of the input and of what enters each cast, before it rounds.
    """

    may_be_missing: ClassVar[tuple[str, ...]] = ("activations",)

    activations: tuple[Histogram, ...] = ()
