"""Activations: the values that reach each cast against the limits of its type."""

from __future__ import annotations

from typing import ClassVar

from edgeml.report.histogram import Histogram
from edgeml.report.histogram_chart import histogram
from edgeml.report.section import Section, SectionFacts
from edgeml.report.sections.layers.statistics import statistics
from edgeml.report.source import RunSource


class ActivationsFacts(SectionFacts):
    """Facts of the values that reach a cast.

    Attributes:
        activations: histograms of the input and of the values that enter each cast, before it rounds.
    """

    may_be_missing: ClassVar[tuple[str, ...]] = ("activations",)

    activations: tuple[Histogram, ...] = ()


def collect(source: RunSource) -> ActivationsFacts:
    """A histogram per input and cast, of the samples that the layer table is over.

    Raises:
        EdgemlError: no samples, or data that do not fit the inputs.
    """
    _, histograms, _ = source.shared(statistics)
    return ActivationsFacts.of({"activations": "the graph casts nothing"}, activations=histograms)


SECTION = Section(title="Activations", place=90, facts=ActivationsFacts, collect=collect, charts=(histogram,))
