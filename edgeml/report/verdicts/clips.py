"""Activations that clip much of what they get."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgeml.report.histogram import Histogram
from edgeml.report.sections.activations.section import ActivationsFacts
from edgeml.report.sections.layers.facts import CLIPPED, LayersFacts, ValueStatistics
from edgeml.report.verdict import Judgement, Urgency, VerdictKind
from edgeml.report.verdicts._again import run_again
from edgeml.report.words import percent

if TYPE_CHECKING:
    from edgeml.report.facts import Facts

_MOST = 8
"""Integer bits more that are worth proposing."""


def find(facts: Facts) -> Iterator[Judgement]:
    """Casts that clip more than one value in twenty."""
    histograms = {one.name: one for one in facts.part(ActivationsFacts).activations}
    for row in facts.part(LayersFacts).layers:
        if not row.clips or row.saturated is None or row.saturated.value is None or not row.settable:
            continue
        more = missing_bits(row, histograms.get(row.name))
        integer = integer_bits(row) + more
        words = "One more integer bit" if more == 1 else f"{more} more integer bits"
        key = f"quantizers.layers.{row.layer}.activations"
        yield run_again(
            facts,
            f"{row.layer} clips {percent(row.saturated.value, 1)} of its values to the ends of {row.type}.",
            f"{words} in {row.layer}; the width grows with it, so that its step stays.",
            (f"{key}.bits={row.width + more}", f"{key}.integer={integer}"),
            "wider",
        )


def integer_bits(row: ValueStatistics) -> int:
    """The bits of a type left of its point, the sign not counted."""
    full = row.representable
    return math.ceil(math.log2(max(abs(full.lo), full.hi) or 1.0))


def missing_bits(row: ValueStatistics, histogram: Histogram | None) -> int:
    """The fewest integer bits more with which no more than `CLIPPED` of these values are clipped.

    Args:
        row: the cast.
        histogram: of the values that enter it; None if there is none, then it is one bit.
    """
    if histogram is None:
        return 1
    total = sum(histogram.counts)
    for more in range(1, _MOST):
        low, high = (end * 2**more for end in (row.representable.lo, row.representable.hi))
        outside = 0
        for place, count in enumerate(histogram.counts):
            start = histogram.start + place * histogram.step
            below = start < low and not histogram.rectifies
            outside += count if start + histogram.step > high or below else 0
        if outside <= CLIPPED * total:
            return more
    return _MOST


VERDICT = VerdictKind(severity=Urgency.CAUTION, title="clipped activation", section="activations", find=find)
