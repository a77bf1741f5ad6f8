"""Designs on the target board that are too slow for the clock they are made for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgeml.report.sections.hardware.facts import HardwareFacts
from edgeml.report.sections.hardware.groups import groups
from edgeml.report.verdict import Judgement, Urgency, VerdictKind
from edgeml.report.verdicts._again import place
from edgeml.report.words import amount

if TYPE_CHECKING:
    from edgeml.report.facts import Facts


def find(facts: Facts) -> Iterator[Judgement]:
    """Designs of the target whose best source found a slower clock than was asked for."""
    for group in groups(facts.part(HardwareFacts)):
        item = group.best.item
        if not group.target or not item.misses_clock or item.fmax_mhz is None or item.clock_mhz is None:
            continue
        slower, run = math.floor(item.fmax_mhz.value), place(facts)
        yield Judgement(
            f"{group.best.name} on the {group.best.place} is good for {amount(item.fmax_mhz.value)} MHz, "
            f"made for {amount(item.clock_mhz)} MHz ({group.best.origin}).",
            f"Make it for {slower} MHz, or give it more registers; latencies here are at the slower clock.",
            f"edgeml synth {run} --board {item.board} --clock {slower} && edgeml report {run}",
        )


VERDICT = VerdictKind(severity=Urgency.CAUTION, title="clock missed", section="hardware", find=find)
