"""The values that reach each cast."""

from __future__ import annotations

from edgeml.report.sections.activations.facts import ActivationsFacts
from edgeml.report.sections.layers.statistics import statistics
from edgeml.report.source import RunSource


def collect(source: RunSource) -> ActivationsFacts:
    """A histogram per input and cast, of the samples that the layer table is over.

    Raises:
        EdgemlError: no samples, or data that do not fit the inputs.
    """
    _, histograms, _ = source.shared(statistics)
    return ActivationsFacts.of({"activations": "the graph casts nothing"}, activations=histograms)
