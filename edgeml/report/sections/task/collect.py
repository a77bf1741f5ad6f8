"""The figures of the run's task, and the differences at its outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from edgeml import tasks
from edgeml.importers import outcome
from edgeml.report.numbers import Number, absent, measured
from edgeml.report.predictions import predict
from edgeml.report.quality import NO_LABELS
from edgeml.report.sections.task.facts import FigureRow, OutputRow, TaskFacts
from edgeml.report.source import RunSource
from edgeml.tasks import OutputDifference, TaskFigure


def collect(source: RunSource) -> TaskFacts:
    """Figures and differences on all test samples.

    Raises:
        EdgemlError: the test samples do not fit the exact graph or the task.
        MissingToolError: scikit-learn is not installed.
    """
    name, importing = source.run.config.data.task, source.run.config.importing
    models = source.shared(predict)
    ours, theirs = models.outputs["fixed"], models.outputs.get("qat")
    reason = models.reasons.get("qat", "") or "it did not run in its own framework"
    fixed = outcome.figures(name, source.graph, importing, ours, source.data)
    other = () if theirs is None else outcome.figures(name, source.graph, importing, theirs, source.data)
    baseline = models.baselines.get("float") if "float" in models.outputs else None
    floats = (
        outcome.figures(name, source.graph, None, models.outputs["float"], source.data, baseline.threshold)
        if baseline
        else ()
    )
    rows = ()
    if theirs is not None:
        differences = outcome.differences(source.graph, importing, ours, theirs)
        rows = tuple(_output(row) for row in differences)
    return TaskFacts.of(
        {"task_figures": NO_LABELS, "task_outputs": reason},
        task=name,
        task_title=tasks.load(name).title,
        task_reason=importing.task_reason if importing else "",
        task_figures=figure_rows(fixed, other, reason, floats),
        task_outputs=rows,
    )


def figure_rows(
    fixed: tuple[TaskFigure, ...],
    source: tuple[TaskFigure, ...],
    reason: str,
    floats: tuple[TaskFigure, ...] = (),
) -> tuple[FigureRow, ...]:
    """The figures of both models, by name.

    Args:
        fixed: of the exact graph.
        source: of the model in its own framework.
        reason: why there are none of the latter.
        floats: of the float baseline, if it was trained here.
    """
    baseline = {figure.name: measured(figure.value) for figure in floats}
    theirs = {figure.name: measured(figure.value) for figure in source}
    return tuple(
        FigureRow(
            name=figure.name,
            title=figure.title,
            kind=figure.kind,
            source=theirs[figure.name] if figure.name in theirs else absent(reason),
            fixed=measured(figure.value),
            baseline=baseline.get(figure.name, absent("there is no float baseline")),
        )
        for figure in fixed
    )


def _output(row: OutputDifference) -> OutputRow:
    numbers: Mapping[str, Any] = {
        name: _number(getattr(row, name)) for name in ("equal", "rmse_lsb", "max_lsb", "rmse", "max_abs")
    }
    return OutputRow(output=row.output, **numbers)


def _number(value: float) -> Number:
    return measured(value) if np.isfinite(value) else absent("infinite in its own framework")
