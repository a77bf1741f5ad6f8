"""Facts of the values in the exact graph."""

from __future__ import annotations

from typing import ClassVar

from edgeml.documents import Record
from edgeml.report.histogram import Span
from edgeml.report.numbers import Number
from edgeml.report.section import SectionFacts

CLIPPED = 0.05
"""The share of values that an activation may clip before a word is lost on it."""


class ValueStatistics(Record):
    """One op of the exact graph, on the test samples.

    Attributes:
        name: of the value.
        op: of the graph.
        layer: of the model, as the user named it.
        index: it is nothing but the index of tables of its own layer, which tell no more values apart.
        truncates: a cast that drops bits without rounding, as learned widths do and no format of a preset.
        shape: without the batch axis.
        type: the fixed-point type.
        width: its bits; of the widest element if there is a type per element.
        representable: what the type can hold.
        possible: what the value can be for any input, by interval arithmetic.
        used: what it was on the samples.
        bits_possible: the bits that `possible` needs at this LSB.
        bits_used: the bits that `used` needs at this LSB.
        saturated: share of elements that the cast clipped or wrapped; None for an op that loses nothing.
        rectified: share of elements below zero that an unsigned saturating cast made zero, as a ReLU does.
        sqnr_db: 10 log10(sum x^2 / sum (q - x)^2) over all elements, x the exact value before the cast
            (rectified if the cast rectifies), q after it; None for an op that loses nothing.
    """

    name: str
    op: str
    layer: str
    index: bool = False
    truncates: bool = False
    shape: tuple[int, ...]
    type: str
    width: int
    representable: Span
    possible: Span
    used: Span
    bits_possible: int
    bits_used: int
    saturated: Number | None = None
    rectified: Number | None = None
    sqnr_db: Number | None = None

    @property
    def clips(self) -> bool:
        """It loses more than `CLIPPED` of its values to the ends of its type.

        A cast to one bit is a comparison, which keeps nothing but the sign.
        """
        share = self.saturated.value if self.saturated is not None else None
        return self.op == "cast" and self.width > 1 and not self.index and (share or 0.0) > CLIPPED

    @property
    def settable(self) -> bool:
        """A setting could change its type: it was neither learned in training nor has widths per element."""
        return not self.truncates and ".." not in self.type

    @property
    def bits_wasted(self) -> int:
        """Bits of the type that the samples did not need."""
        return self.width - self.bits_used


class LayersFacts(SectionFacts):
    """Facts of the values in the exact graph.

    Attributes:
        layers: a row per op that computes something.
        layer_samples: test samples that the layer table and the activation histograms are over; 0 if both
            are missing.
    """

    may_be_missing: ClassVar[tuple[str, ...]] = ("layers",)

    layers: tuple[ValueStatistics, ...] = ()
    layer_samples: int = 0
