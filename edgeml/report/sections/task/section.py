"""The figures of the task, and the distance from the model's own framework."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.report.section import Section
from edgeml.report.sections.task import collect
from edgeml.report.sections.task.facts import TaskFacts
from edgeml.report.words import number

if TYPE_CHECKING:
    from edgeml.report.facts import Facts

_SHOWN = 3


def headline(facts: Facts) -> tuple[str, ...]:
    """The first figures of the exact graph, of tasks that have no accuracy of classes."""
    own = facts.part(TaskFacts)
    if own.task in ("", "classification") or not own.task_figures:
        return ()
    parts = [
        f"{row.title} {number(row.fixed, 'percent' if row.kind == 'share' else 'amount')}"
        for row in own.task_figures[:_SHOWN]
    ]
    return (f"{own.task.replace('_', '-')}: {', '.join(parts)}",)


SECTION = Section(
    title="Task",
    place=25,
    facts=TaskFacts,
    collect=collect.collect,
    digest=lambda facts: facts.part(TaskFacts).task_title,
    headline=headline,
)
