"""The task of an imported model and its figures, on the terminal and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from edgeml.cli.bands import Bands

if TYPE_CHECKING:
    from edgeml.importers.measured import MeasuredOutcome
    from edgeml.tasks import TaskFigure

_SHOWN = 8
"""Figures in the table; the others are in --json and in the report."""


def task_rows(outcome: MeasuredOutcome) -> Iterator[str | Bands]:
    """The task, the figures of the model and of the exact graph, and a scaling that would fit better."""
    how = f" (inferred: {outcome.reason})" if outcome.reason else ""
    yield f"task: {outcome.task.replace('_', '-')}{escape(how)}"
    if outcome.fixed:
        theirs = {figure.name: figure for figure in outcome.source}
        yield Bands(
            ("figure", "samples", "its own framework", "exact graph"),
            [
                [
                    escape(figure.title),
                    str(outcome.samples),
                    _text(theirs[figure.name]) if figure.name in theirs else "-",
                    _text(figure),
                ]
                for figure in outcome.fixed[:_SHOWN]
            ],
            texts=(0,),
        )
    if outcome.not_run:
        yield f"[yellow]not run[/] in its own framework: {escape(outcome.not_run)}"
    if outcome.remark:
        yield f"[yellow]data scaling[/] {escape(outcome.remark)}"


def facts_of(outcome: MeasuredOutcome) -> dict[str, Any]:
    """The same for a program."""
    return {
        "task": outcome.task,
        "task_reason": outcome.reason,
        "samples": outcome.samples,
        "figures": {
            "fixed": [asdict(figure) for figure in outcome.fixed],
            "source": [asdict(figure) for figure in outcome.source],
        },
        "remark": outcome.remark,
    }


def _text(figure: TaskFigure) -> str:
    return f"{figure.value:.2%}" if figure.kind == "share" else f"{figure.value:.5g}"
