"""The figures of the run's task, and the differences at its outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from edgeml import tasks
from edgeml.importers import outcome
from edgeml.importers.run import own_outputs
from edgeml.ir.samples import feeds
from edgeml.report.numbers import Number, absent, measured
from edgeml.report.predictions import predict
from edgeml.report.quality import NO_LABELS
from edgeml.report.sections.task.facts import FigureRow, OutputRow, TaskFacts
from edgeml.report.source import RunSource
from edgeml.tasks import OutputDifference, TaskFigure, anomaly_figures, anomaly_scores


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
    if source.run.config.data.normal:
        fixed += _anomalies(source, models.execute, ours)
        if theirs is not None:
            other += _anomalies(source, lambda x: own_outputs(source.run, x), theirs)
        if baseline:
            floats += _anomalies(source, baseline.predict, models.outputs["float"], plain=True)
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


def _anomalies(
    source: RunSource, execute: Callable[[Any], Any], outputs: Mapping[str, Any], plain: bool = False
) -> tuple[TaskFigure, ...]:
    """The figures of the anomaly score of one model.

    Args:
        source: of the run.
        execute: runs the model on validation samples.
        outputs: its values for the test samples, by output.
        plain: true if it takes an array, not one by input.
    """
    data, name = source.data, source.graph.outputs[0]
    values = execute(data.x_val if plain else feeds(source.graph, data.x_val))
    normal = values[name] if isinstance(values, Mapping) else values
    return anomaly_figures(
        anomaly_scores(data.x_val, normal), anomaly_scores(data.x_test, outputs[name]), data.y_test == 1
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
