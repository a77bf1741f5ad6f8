"""Layers whose values leave bits of their types unused."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgeml.report.histogram import Histogram
from edgeml.report.sections.layers.facts import LayersFacts
from edgeml.report.sections.summary.facts import SummaryFacts
from edgeml.report.sections.weights.facts import WeightsFacts
from edgeml.report.verdict import Judgement, Urgency, VerdictKind
from edgeml.report.verdicts._again import run_again
from edgeml.report.verdicts.clips import integer_bits

if TYPE_CHECKING:
    from edgeml.report.facts import Facts

_PARTS = {"weight": "weights", "bias": "biases"}


def find(facts: Facts) -> Iterator[Judgement]:
    """Casts and weights of which a bit at the top was never used."""
    bits: list[str] = []
    settings: list[str] = []
    for row in facts.part(LayersFacts).layers:
        if not row.settable:
            continue
        less = row.bits_wasted
        if row.representable.lo >= 0:
            less = min(less, integer_bits(row))  # quantized_relu has no negative integer bits
        if row.op != "cast" or less < 1 or row.width - less < 2 or row.layer in _inputs(facts):
            continue
        bits.append(f"{row.width - less} bits would do for the results of {row.layer} (it has {row.width})")
        key = f"quantizers.layers.{row.layer}.activations"
        settings += [f"{key}.bits={row.width - less}", f"{key}.integer={integer_bits(row) - less}"]
    for name, part, width, integer, less in _weights(facts.part(WeightsFacts).weights):
        bits.append(f"{width - less} bits would do for the {part} of {name} (it has {width})")
        key = f"quantizers.layers.{name}.{part}"
        settings += [f"{key}.bits={width - less}", f"{key}.integer={integer - less}"]
    if bits:
        text = f"{'; '.join(bits)}."
        remedy = "Narrow them: the bits at the top are never used, on these samples nothing changes."
        fixed = facts.part(SummaryFacts).settings.get("quantizers.kernels", "fixed") == "fixed"
        if fixed:
            yield run_again(facts, text, remedy, tuple(settings), "narrower")


def _inputs(facts: Facts) -> set[str]:
    return {row.layer for row in facts.part(LayersFacts).layers if row.op == "input"}


def _weights(histograms: tuple[Histogram, ...]) -> Iterator[tuple[str, str, int, int, int]]:
    """Layer, part, width, integer bits and unused bits of constants that leave some unused."""
    for one in histograms:
        layer, _, tensor = one.name.rpartition(".")
        step, filled = one.step, [place for place, count in enumerate(one.counts) if count]
        if tensor not in _PARTS or "." in layer or not filled or not one.type.startswith("fixed<"):
            continue
        if ".." in one.type:  # widths per element, which no setting changes
            continue
        # A bin of several codes says less than its edges; there the outer edge counts.
        low, high = one.start + filled[0] * step, one.start + (filled[-1] + 1) * step
        width = int(one.type.partition("<")[2].partition(",")[0])
        lsb = math.ldexp(-one.limits.lo, 1 - width)
        largest = max(-low - lsb / 2, high + lsb / 2, lsb)
        used = max(2, math.ceil(math.log2(largest / lsb - 1e-9)) + 1)
        if used < width:
            yield layer, _PARTS[tensor], width, round(math.log2(-one.limits.lo)), width - used


VERDICT = VerdictKind(severity=Urgency.ADVICE, title="unused bits", section="layers", find=find)
