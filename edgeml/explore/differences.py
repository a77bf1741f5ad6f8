"""Differences between trials: which choices are others, and what that changed.

Invariant: equal trials have no difference, and a difference names only what is another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edgeml.explore import metric as metrics
from edgeml.explore.record import StudyRecord, TrialRow


@dataclass(frozen=True)
class Neighbour:
    """A trial beside the one before it on the front.

    Attributes:
        choices: that are others: "weight_bits.fc1 4 → 3".
        effects: on the metrics: "LUT -1,200".
    """

    choices: tuple[str, ...]
    effects: tuple[str, ...]


def changed_choices(before: TrialRow, now: TrialRow) -> Iterator[str]:
    """The dimensions with another choice, from the one to the other."""
    for name, choice in now.point.items():
        if before.point.get(name) != choice:
            yield f"{name} {before.point.get(name, '-')} → {choice}"


def neighbour(record: StudyRecord, before: TrialRow, now: TrialRow) -> Neighbour:
    """A trial beside another one, in the metrics that are minimized or limited."""
    names = dict.fromkeys([*record.request.objectives, *(limit.metric for limit in record.request.limits)])
    effects: list[str] = []
    for name in names:
        one, other = before.figure(name), now.figure(name)
        if one is None or other is None or one.value == other.value:
            continue
        metric, step = metrics.load(name), other.value - one.value
        effects.append(
            f"{metric.title} {'+' if step > 0 else '-'}{metric.unit.of_differences.text(abs(step))}"
        )
    return Neighbour(tuple(changed_choices(before, now)), tuple(effects))


def sentence(record: StudyRecord) -> str:
    """The outcome in a sentence: the size of the front, or the limits that stand in the way."""
    if not record.columns.states:
        return "no trial is done yet"
    if record.front:
        many = f"{len(record.front)} designs keep all limits and are beaten by no other"
        return many if len(record.front) > 1 else "one design keeps all limits and beats all others that do"
    if not record.binding:
        return "no trial was trained to its end"
    parts: list[str] = []
    for one in record.binding:
        unit, title = metrics.load(one.limit.metric).unit, metrics.load(one.limit.metric).title
        if one.nearest:
            alone = "-" if one.alone is None else unit.text(one.alone)
            above = f"{unit.text(one.nearest)} above {one.limit.stated}"
            parts.append(f"{title} is {above} (alone at least {alone})")
    within = [metrics.load(one.limit.metric).title for one in record.binding if not one.nearest]
    rest = f"; it keeps {', '.join(within)}" if within else ""
    nearest = f"trial {record.binding[0].trial} misses them least"
    return f"no trial keeps all limits; {nearest}: {'; '.join(parts)}{rest}"
