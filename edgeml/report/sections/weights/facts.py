"""Facts of the constants."""

from __future__ import annotations

from typing import ClassVar

from edgeml.documents import Record
from edgeml.report.histogram import Histogram
from edgeml.report.numbers import Number
from edgeml.report.section import RunPart, SectionFacts


class ModelSizes(Record):
    """The numbers of weights, bits and operations of the model.

    Attributes:
        parameters: constants of the exact graph, elements.
        weight_bits: bits to store them at their types.
        macs: multiply-accumulates per sample.
        nonzero_macs: those whose weight is not zero.
        bops: bit operations per sample, a proxy for energy; see `sections.weights.bops`.
        float_parameters: of the float baseline, elements.
        int8_bits: bits of the constants in the int8 model's file.
    """

    parameters: Number
    weight_bits: Number
    macs: Number
    nonzero_macs: Number
    bops: Number
    float_parameters: Number
    int8_bits: Number


class WeightsFacts(SectionFacts):
    """Facts of the constants.

    Attributes:
        weights: histograms of weights and biases as stored.
    """

    may_be_missing: ClassVar[tuple[str, ...]] = ("weights",)

    sizes: ModelSizes
    weights: tuple[Histogram, ...] = ()


class SizesRow(RunPart):
    """Sizes of a run's model, see `ModelSizes`."""

    weight_bits: Number
    macs: Number
    bops: Number
