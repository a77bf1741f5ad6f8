"""Designs of which none is sure to fit the target board."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgeml.report.verdict import Judgement, Urgency, VerdictKind
from edgeml.report.verdicts.does_not_fit import misfits

if TYPE_CHECKING:
    from edgeml.report.facts import Facts


def find(facts: Facts) -> Iterator[Judgement]:
    """A target board that designs fit at the low ends of their intervals alone."""
    yield from misfits(facts, "may not fit")


VERDICT = VerdictKind(severity=Urgency.CAUTION, title="may not fit", section="hardware", find=find)
