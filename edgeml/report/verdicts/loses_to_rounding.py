"""A quantized model that is worse than its float baseline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgeml.report.sections.accuracy.facts import AccuracyFacts
from edgeml.report.verdict import Judgement, Urgency, VerdictKind
from edgeml.report.verdicts._again import run_again, whole
from edgeml.report.words import percent

if TYPE_CHECKING:
    from edgeml.report.facts import Facts

_POINTS = 0.01


def find(facts: Facts) -> Iterator[Judgement]:
    """The float baseline lies above the interval of the exact graph's accuracy, by a point at least."""
    own = facts.part(AccuracyFacts)
    fixed, floats, majority = own.accuracy.fixed, own.accuracy.float_, own.majority.value
    if fixed.value is None or fixed.high is None or floats.value is None:
        return
    if floats.value <= fixed.high or floats.value - fixed.value < _POINTS:
        return
    if majority is not None and fixed.low is not None and fixed.low <= majority:
        return  # at chance, which says more
    settings = tuple(
        f"quantizers.{part}.bits={whole(facts, f'quantizers.{part}.bits', 6) + 2}"
        for part in ("weights", "biases", "activations")
    )
    yield run_again(
        facts,
        f"The quantization costs {100 * (floats.value - fixed.value):.1f} points: {percent(fixed.value)} "
        f"right, {percent(floats.value)} in float.",
        "Two more bits for weights, biases and activations; edgeml diagnose says which layer needs them.",
        settings,
        "wider",
    )


VERDICT = VerdictKind(severity=Urgency.CAUTION, title="accuracy lost", section="accuracy", find=find)
