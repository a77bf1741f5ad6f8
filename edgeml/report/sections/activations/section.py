"""Activations: the values that reach each cast against the limits of its type."""

from __future__ import annotations

from typing import ClassVar

from edgeml.report.histogram import Histogram
from edgeml.report.histogram_chart import histogram
from edgeml.report.section import Section, SectionFacts
from edgeml.report.sections.layers.facts import LayersFacts
from edgeml.report.sections.layers.statistics import statistics
from edgeml.report.source import RunSource
from edgeml.report.words import percent


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


def _clipping(layers: LayersFacts) -> str:
    """The worst of the casts that clip much, and the number of others."""
    clipping = [row for row in layers.layers if row.clips and row.saturated is not None]
    if not layers.layers:
        return ""
    if not clipping:
        return "no activation clips more than 5 %"
    worst = max(clipping, key=lambda row: (row.saturated.value or 0.0) if row.saturated else 0.0)
    share = percent(worst.saturated.value or 0.0, 1) if worst.saturated else ""
    return f"{worst.layer} clips {share}" + (f", {len(clipping) - 1} more" if len(clipping) > 1 else "")


SECTION = Section(
    title="Activations",
    place=90,
    facts=ActivationsFacts,
    collect=collect,
    digest=lambda facts: _clipping(facts.part(LayersFacts)),
    charts=(histogram,),
)
