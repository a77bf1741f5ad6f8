"""Test parts so small that the accuracy is known to several points only."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgeml.report.sections.accuracy.facts import AccuracyFacts
from edgeml.report.sections.repeats.facts import RepeatFacts
from edgeml.report.sections.summary.facts import SummaryFacts
from edgeml.report.verdict import Judgement, Urgency, VerdictKind

if TYPE_CHECKING:
    from edgeml.report.facts import Facts

_WIDE = 0.1
"""The width of the 95 % interval from which it is worth a word."""


def find(facts: Facts) -> Iterator[Judgement]:
    """An interval of ten points or more, where no folds were trained."""
    fixed, own = facts.part(AccuracyFacts).accuracy.fixed, facts.part(SummaryFacts)
    if (
        fixed.low is None
        or fixed.high is None
        or fixed.high - fixed.low < _WIDE
        or facts.part(RepeatFacts).folds
    ):
        return
    text = (
        f"{own.samples:,} test samples tell the accuracy to no better than {100 * fixed.low:.0f} to "
        f"{100 * fixed.high:.0f} %: of two such models the better one cannot be told."
    )
    if own.origin != "train":
        yield Judgement(text, "More test samples.")
        return
    sets = [word for change in own.changes for word in ("--set", change)]
    words = ["edgeml", "train", own.preset, *(["--seed", str(own.seed)] if own.seed else []), *sets]
    words += ["--folds", "5", "--out", f"runs/{own.run}"]
    report = shlex.join(["edgeml", "report", f"runs/{own.run}"])
    yield Judgement(
        text, "Train on five folds: every sample is tested once.", f"{shlex.join(words)} && {report}"
    )


VERDICT = VerdictKind(severity=Urgency.ADVICE, title="few test samples", section="accuracy", find=find)
