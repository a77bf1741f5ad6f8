"""The task and figures of an import, measured on its data, and whether other data scaling fits far better.

A model that was trained on pixels from 0 to 1 guesses when it is fed 0 to 255, and the other way round. A
classifier that is right no more often than chance is therefore tried with the other usual scalings.

Invariant: what is measured is the run's own graph and file; nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from edgeml import tasks
from edgeml.backends.onnx.emulator import Emulator
from edgeml.datasets import Kind, Scaling
from edgeml.errors import EdgemlError
from edgeml.importers.outcome import Outputs, figures
from edgeml.importers.run import own_outputs
from edgeml.ir import Graph, evaluate
from edgeml.ir.samples import feeds
from edgeml.ir.work import samples_within
from edgeml.presets import Prepared
from edgeml.runs import RANDOM, Run
from edgeml.tasks import TaskFigure, Truth

SAMPLES = 1_000
"""Most test samples that figures are measured on."""

_WORK = 1e10
"""Work of `edgeml.ir.work` that they may take."""

_TRIED = 300
"""Test samples that other scalings are tried on."""

_CHANCE, _BETTER = 1.7, 0.3
"""Accuracy up to so many times chance counts as chance; a scaling has to be better by so much."""


@dataclass(frozen=True)
class MeasuredOutcome:
    """An import's task and figures.

    Attributes:
        task: its name.
        reason: why it was inferred; "" if it was stated.
        samples: how many the figures are of; 0 if there are none.
        fixed: figures of the exact graph.
        source: figures of the model in its own framework.
        not_run: why there are none of the latter; "" if there are.
        remark: another data scaling with which the model is far better; "" if there is none.
    """

    task: str
    reason: str
    samples: int = 0
    fixed: tuple[TaskFigure, ...] = ()
    source: tuple[TaskFigure, ...] = ()
    not_run: str = ""
    remark: str = ""


def measured_outcome(run: Run) -> MeasuredOutcome:
    """The task of an imported and lowered run, and its figures on the first test samples.

    Raises:
        EdgemlError: the data are missing or other ones.
        MissingToolError: scikit-learn is not installed.
    """
    importing, spec = run.config.importing, run.config.data
    reason = importing.task_reason if importing else ""
    if spec.dataset == RANDOM or tasks.load(spec.task).truth is Truth.NONE:
        return MeasuredOutcome(spec.task, reason)
    graph, data = run.graph(), run.data()
    x = feeds(graph, data.x_test[: samples_within(graph, _WORK, 16, SAMPLES)])
    execute = executor(graph)
    fixed = figures(spec.task, graph, importing, execute(x), data)
    count = len(next(iter(x.values())))
    remark = _other_scaling(run, graph, data, fixed, execute)
    try:
        theirs = own_outputs(run, x)
    except EdgemlError as error:
        return MeasuredOutcome(spec.task, reason, count, fixed, (), str(error), remark)
    source = figures(spec.task, graph, importing, theirs, data)
    return MeasuredOutcome(spec.task, reason, count, fixed, source, "", remark)


def executor(graph: Graph) -> Callable[[Any], Outputs]:
    """The emulator or, where that is too narrow, the reference: values by output."""
    run: Callable[[Any], Any]
    try:
        run = Emulator(graph).predict
    except EdgemlError:
        run = partial(evaluate, graph)

    def outputs(x: Any) -> Outputs:
        values = run(x)
        return values if isinstance(values, Mapping) else {graph.outputs[0]: values}

    return outputs


def _other_scaling(
    run: Run,
    graph: Graph,
    data: Prepared,
    fixed: tuple[TaskFigure, ...],
    execute: Callable[[Any], Outputs],
) -> str:
    """A sentence with the scaling that makes a guessing classifier right; "" if there is none."""
    accuracy = next((figure.value for figure in fixed if figure.name == "accuracy"), None)
    first, *others = graph.inputs
    if accuracy is None or not data.class_names or others:
        return ""
    chance = 1.0 / len(data.class_names)
    labels = np.asarray(data.y_test[:SAMPLES])
    usual = max(chance, float(np.bincount(labels).max()) / len(labels) if len(labels) else 0.0)
    if accuracy > max(usual * 1.05, min(chance * _CHANCE, 0.6)):
        return ""
    best, words = accuracy, ""
    raw, spec = data.dataset.x_test[:_TRIED], run.config.data
    for setting, scaling in _usual_scalings(run, data):
        if setting in _present(run):
            continue
        try:
            x = scaling.apply(raw)
        except EdgemlError:
            continue
        if spec.axes:
            x = x.transpose(0, *(axis + 1 for axis in spec.axes))
        x = x.reshape(len(x), *graph.info(first).shape)
        tried = figures(spec.task, graph, run.config.importing, execute(feeds(graph, x)), data)
        value = next((figure.value for figure in tried if figure.name == "accuracy"), 0.0)
        if value > best:
            best, words = value, setting
    if best < accuracy + _BETTER * (1 - accuracy):
        return ""
    return (
        f"the accuracy is {accuracy:.1%}, no more than chance; with --set {words} it is {best:.1%} "
        f"(on {min(_TRIED, len(data.x_test))} samples): the model was trained on data of that scaling"
    )


def _present(run: Run) -> tuple[str, ...]:
    spec = run.config.data
    if spec.scaling == "unit":
        return (_unit(spec.constant),)
    if spec.scaling == "source":
        return (_source(spec.source_unit),)
    return (f"data.scaling={spec.scaling}",)


def _unit(constant: float) -> str:
    return f"data.scaling=unit --set data.constant={constant:g}"


def _source(unit: float) -> str:
    return "data.scaling=source" + ("" if unit == 1.0 else f" --set data.source_unit={unit:g}")


def _usual_scalings(run: Run, data: Prepared) -> Iterator[tuple[str, Scaling]]:
    """The scalings that models are usually trained with, as settings and as numbers."""
    yield "data.scaling=none", Scaling.fit("none", data.dataset.x_train)
    for constant in (255.0, 256.0, 128.0, 16.0, 1 / 255, 1 / 256):
        yield _unit(constant), Scaling.fit("unit", data.dataset.x_train, constant)
    kinds: tuple[Kind, ...] = ("standard", "minmax")
    for kind in kinds:
        with suppress(EdgemlError):
            yield f"data.scaling={kind}", Scaling.fit(kind, data.dataset.x_train)
    meanings = run.config.importing.inputs if run.config.importing else ()
    for meaning in meanings[:1]:
        for unit in (1.0, 255.0, 256.0, 1 / 255):
            scaling = Scaling(
                "source", np.array(meaning.offset * unit), np.array(1.0 / (meaning.scale * unit))
            )
            yield _source(unit), scaling
