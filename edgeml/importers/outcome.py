"""Figures of a model for its task: those of the exact graph, and of the model in its own framework.

Invariant: both are held against the same truth, in the source's own units: what the graph leaves off at its
end (a scale, an offset, a sigmoid) is applied first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml import tasks
from edgeml.ir import Graph
from edgeml.ir.ops.arg_max import ArgMax
from edgeml.ir.samples import feeds
from edgeml.presets import Prepared
from edgeml.runconfig import EndMeaning, Importing
from edgeml.tasks import OutputDifference, TaskEvidence, TaskFigure, Truth, output_difference

Outputs = Mapping[str, NDArray[Any]]


def evidence(graph: Graph, labels: NDArray[Any] | None = None, classes: int = 0) -> TaskEvidence:
    """The ends of a graph and the labels of its data.

    Args:
        graph: the exact graph.
        labels: as they are stored; None if there are none.
        classes: of a published data set.
    """
    first = graph.outputs[0]
    return TaskEvidence(
        inputs=sum(graph.info(name).size for name in graph.inputs),
        outputs=sum(graph.info(name).size for name in graph.outputs),
        first=graph.info(first).size,
        several=len(graph.outputs) > 1,
        decides=isinstance(graph.node(first).op, ArgMax),
        labels=labels,
        classes=classes,
    )


def figures(
    task: str,
    graph: Graph,
    meanings: Importing | None,
    outputs: Outputs,
    data: Prepared,
    threshold: float | None = None,
) -> tuple[TaskFigure, ...]:
    """The figures of a task on the test samples.

    Args:
        task: its name.
        graph: the exact graph.
        meanings: what its inputs and outputs stand for; None: for themselves.
        outputs: values code * 2^-frac by output, (samples, *shape), of the first test samples.
        data: with the truth.
        threshold: above it one value stands for yes; that of the graph if None.

    Raises:
        EdgemlError: outputs and truth do not belong together.
        MissingToolError: scikit-learn is not installed.
    """
    pair = aligned(task, graph, meanings, outputs, data)
    if pair is None:
        return ()
    above = output_threshold(graph, meanings) if threshold is None else threshold
    return tasks.load(task).figures(*pair, above)


def aligned(
    task: str, graph: Graph, meanings: Importing | None, outputs: Outputs, data: Prepared
) -> tuple[NDArray[np.float64], NDArray[Any]] | None:
    """Predictions (samples, n) in the source's own units and the truth beside them; None without a truth.

    Args:
        task: its name.
        graph: the exact graph.
        meanings: what its inputs and outputs stand for; None: for themselves.
        outputs: values by output, (samples, *shape), of the first test samples.
        data: with the truth.
    """
    kind = tasks.load(task)
    count = len(next(iter(outputs.values())))
    truth = _truth(kind.truth, graph, meanings, data, count)
    if truth is None:
        return None
    names = graph.outputs[:1] if kind.truth is Truth.CLASSES else graph.outputs
    real = [real_values(outputs[name], _meaning(meanings, name)) for name in names]
    if kind.truth is Truth.CLASSES and isinstance(graph.node(names[0]).op, ArgMax):
        real = [
            np.eye(int(graph.info(names[0]).hi.max()) + 1)[outputs[names[0]].reshape(-1).astype(np.int64)]
        ]
    return np.concatenate([values.reshape(count, -1) for values in real], axis=1), truth


def differences(
    graph: Graph, meanings: Importing | None, ours: Outputs, theirs: Outputs
) -> tuple[OutputDifference, ...]:
    """The distance of the exact graph from its own framework, at every output.

    Args:
        graph: the exact graph.
        meanings: of its outputs; their scale turns differences into values of the source.
        ours: values by output of the exact graph.
        theirs: the same of its own framework.
    """
    return tuple(
        output_difference(
            name, ours[name], theirs[name], _lsb(graph, name), abs(_meaning(meanings, name).scale)
        )
        for name in graph.outputs
    )


def _lsb(graph: Graph, name: str) -> NDArray[np.float64]:
    return 2.0 ** -np.asarray(graph.info(name).type.frac, np.float64)


def _meaning(meanings: Importing | None, name: str) -> EndMeaning:
    """The meaning of an input or output: itself, if nothing is stated."""
    there = () if meanings is None else (*meanings.inputs, *meanings.outputs)
    return next((item for item in there if item.name == name), EndMeaning(name=name))


def _truth(
    kind: Truth, graph: Graph, meanings: Importing | None, data: Prepared, count: int
) -> NDArray[Any] | None:
    if kind is Truth.INPUT:
        parts = feeds(graph, data.x_test[:count])
        real = [real_values(values, _meaning(meanings, name)) for name, values in parts.items()]
        return np.concatenate([values.reshape(count, -1) for values in real], axis=1)
    if kind is Truth.CLASSES and data.class_names:
        return np.asarray(data.y_test[:count], np.int64)
    if kind is Truth.NUMBERS and len(data.y_test):
        return data.y_test[:count].astype(np.float64)
    return None


def real_values(values: NDArray[Any], meaning: EndMeaning) -> NDArray[np.float64]:
    """The source's values (samples, ...), from those of the graph."""
    numbers = values.astype(np.float64) * meaning.scale + meaning.offset
    if meaning.function == "sigmoid":
        return 1.0 / (1.0 + np.exp(-np.clip(numbers, -700.0, 700.0)))
    if meaning.function == "softmax":
        raised = np.exp(numbers - numbers.max(axis=-1, keepdims=True))
        return raised / raised.sum(axis=-1, keepdims=True)
    if meaning.function == "log_softmax":
        return numbers - np.logaddexp.reduce(numbers, axis=-1, keepdims=True)
    if meaning.function == "tanh":
        return np.tanh(numbers)
    return numbers


def output_threshold(graph: Graph, meanings: Importing | None) -> float:
    """Above it one value stands for yes: 0.5 for probabilities, 0 for logits."""
    first = graph.outputs[0]
    meaning = _meaning(meanings, first)
    least = float(np.min(graph.info(first).lo * _lsb(graph, first))) * meaning.scale + meaning.offset
    return 0.5 if meaning.function in ("sigmoid", "softmax") or least >= 0 else 0.0
