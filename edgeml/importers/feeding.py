"""The data of an import, made to fit the model that was read: arrays by input, task, and scaling.

Invariant: what is chosen here stands in config.toml, so that the run reads the same data again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml import datasets, tasks
from edgeml.datasets import Scaling
from edgeml.errors import EdgemlError
from edgeml.importers.base import Imported, InputLayout
from edgeml.importers.outcome import evidence
from edgeml.presets import AUTO, DataSpec, Prepared, prepare
from edgeml.runconfig import EndMeaning
from edgeml.runs import RANDOM, random_data
from edgeml.tasks import TaskEvidence, Truth

_SMALLEST = 1e-12

_BEYOND = 2.0
"""Whole numbers beyond so many times what an input of floats holds are its codes: pixels of 0 to 255."""


def fitting_data(
    imported: Imported, spec: DataSpec, stated: Mapping[str, Any], where: str
) -> tuple[DataSpec, Prepared, str]:
    """The data as the model takes them.

    Args:
        imported: the model.
        spec: the data set and settings of the user's.
        stated: the settings among them that the user gave.
        where: the model's file, for messages.

    Returns:
        The settings with what was chosen, the data, and why the task was chosen; "" if it was stated.

    Raises:
        EdgemlError: the data are missing or damaged, or do not fit the model or the task.
    """
    graph = imported.graph
    if len(graph.inputs) > 1:
        spec = spec.model_copy(update={"inputs": graph.inputs})
    if len(graph.outputs) > 1:
        labels = {meaning.name: meaning.label for meaning in imported.outputs}
        outputs = tuple(labels.get(name) or name for name in graph.outputs)
        spec = spec.model_copy(update={"outputs": outputs})
    spec, reason = with_task(partial(evidence, graph), spec, stated, where)
    if spec.dataset == RANDOM:
        return spec, random_data(graph, spec), reason
    if spec.scaling == "source":
        spec = _with_layout(imported, spec, stated)
        scaling = source_scaling(imported, where, spec.source_unit)
        return spec, prepare(spec, scaling, unlabelled=True), reason
    spec = _with_layout(imported, spec, stated)
    data = prepare(spec, unlabelled=True)
    if "scaling" not in stated and _needs_source(imported, data):
        spec = spec.model_copy(update={"scaling": "source"})
        data = prepare(spec, source_scaling(imported, where), unlabelled=True)
    return spec, data, reason


def meanings(imported: Imported) -> tuple[EndMeaning, ...]:
    """The meanings of the graph's inputs that do not stand for themselves."""
    return tuple(
        EndMeaning(name=layout.name, scale=layout.scale, offset=-layout.zero_point * layout.scale)
        for layout in imported.inputs
        if (layout.scale, layout.zero_point) != (1.0, 0)
    )


def source_scaling(imported: Imported, where: str, unit: float = 1.0) -> Scaling:
    """The scaling by which real data become the codes that the graph's inputs take.

    Args:
        imported: the model.
        where: its file, for messages.
        unit: stored values are divided by it first.

    Raises:
        EdgemlError: the model states no quantization of its input.
    """
    layouts = {layout.name: layout for layout in imported.inputs}
    graph = imported.graph
    chosen = [layouts.get(name, InputLayout(name)) for name in graph.inputs]
    if not any((layout.scale, layout.zero_point) != (1.0, 0) for layout in chosen):
        raise EdgemlError(
            "the model takes data as they are: it states no scale of its input",
            where,
            "leave data.scaling=source out",
        )
    sizes = [graph.info(name).size for name in graph.inputs]
    if len(chosen) == 1:
        sizes = [1]

    def numbers(values: list[float]) -> Any:
        spread = np.repeat(np.asarray(values, np.float64), sizes)
        return spread if len(chosen) > 1 else spread.reshape(())

    return Scaling(
        "source",
        numbers([-layout.zero_point * layout.scale * unit for layout in chosen]),
        numbers([1.0 / (max(layout.scale, _SMALLEST) * unit) for layout in chosen]),
    )


def _needs_source(imported: Imported, data: Prepared) -> bool:
    """True if the graph takes codes and the data are none, but floats that the source quantizes."""
    scaled = [layout for layout in imported.inputs if (layout.scale, layout.zero_point) != (1.0, 0)]
    if not scaled:
        return False
    x, graph = data.x_test, imported.graph
    low = min(int(graph.info(name).lo.min()) for name in graph.inputs)
    high = max(int(graph.info(name).hi.max()) for name in graph.inputs)
    whole = bool(np.all(x == np.round(x))) and float(x.min()) >= low and float(x.max()) <= high
    if not whole or (low < 0 and float(x.min()) >= 0 and float(x.max()) <= 1):
        return True
    if all(layout.codes for layout in scaled):
        return False
    reach = max(layout.scale * max(abs(end - layout.zero_point) for end in (low, high)) for layout in scaled)
    return float(np.abs(x).max()) <= _BEYOND * reach


def _with_layout(imported: Imported, spec: DataSpec, stated: Mapping[str, Any]) -> DataSpec:
    """The settings with the order of axes, where the data lie as the source has its one input.

    That is with a batch axis of one in each sample, or with the channels first.
    """
    graph = imported.graph
    if len(graph.inputs) > 1 or "axes" in stated or "flatten" in stated:
        return spec
    shape = graph.info(next(iter(graph.inputs))).shape
    samples = prepare(spec.model_copy(update={"scaling": "none"}), unlabelled=True)
    there: tuple[int, ...] = np.shape(samples.x_test)[1:]
    rank = len(shape)
    orders: list[tuple[int, ...]] = [layout.axes for layout in imported.inputs if layout.axes]
    orders += [tuple(range(rank)), (*range(1, rank), 0)]  # the latter of one channel, wherever its axis is
    for batch in (0, 1) if there != shape else ():
        for order in orders:
            axes = tuple(axis + batch for axis in order)
            fits = len(there) == rank + batch and all(size == 1 for size in there[:batch])
            fits = fits and (order in orders[:-1] or shape[-1] == 1)
            if fits and tuple(there[axis] for axis in axes) == shape:
                return spec.model_copy(update={"axes": axes})
    return spec


def with_task(
    prove: Callable[[NDArray[Any] | None, int], TaskEvidence],
    spec: DataSpec,
    stated: Mapping[str, Any],
    where: str,
) -> tuple[DataSpec, str]:
    """The settings with the task that was stated, or that model and data speak for, and the reason.

    Args:
        prove: (labels as stored, classes of a published data set) to the evidence of model and data.
        spec: the settings of the data.
        stated: those of them that were stated.
        where: the model, for messages.

    Raises:
        EdgemlError: the task that was stated does not fit.
    """
    stated = {key: value for key, value in stated.items() if (key, value) != ("task", AUTO)}
    if spec.dataset == RANDOM or not spec.labels:
        chosen = stated.get("task")
        if chosen and tasks.load(spec.task).truth in (Truth.CLASSES, Truth.NUMBERS):
            raise EdgemlError(
                f"the task {chosen} needs data with labels", where, "add --data NAME or --data FILE.npz"
            )
        if chosen:
            return spec, ""
        if spec.dataset == RANDOM:
            return spec.model_copy(update={"task": "unlabelled"}), "no data are given"
    labels, classes = (None, 0)
    if spec.labels:
        labels, classes = datasets.labels_of(spec.dataset, spec.column, spec.outputs, table=spec.table)
    proof = prove(labels, classes)
    if "task" in stated:
        misfit = tasks.load(spec.task).misfit(proof)
        if misfit:
            raise EdgemlError(
                f"is no {spec.task.replace('_', ' ')}: {misfit}",
                where,
                "leave --task out, or compare without labels: --task unlabelled",
            )
        return spec, ""
    name, reason = tasks.infer(proof)
    if name == "unlabelled" and (labels is not None or classes):
        name, reason = "classification", "the data have labels"
    return spec.model_copy(update={"task": name}), reason


def check_fit(imported: Imported, data: Prepared, spec: DataSpec, where: str) -> None:
    """Refuse data of another shape than the model takes, and classes that it has no outputs for.

    Raises:
        EdgemlError: they do not fit; says which setting makes them fit, if one does.
    """
    graph = imported.graph
    data_shape = tuple(data.x_test.shape[1:])
    first, *others = graph.inputs
    if others:
        size = sum(graph.info(name).size for name in graph.inputs)
        if data_shape != (size,):
            listed = ", ".join(f"{name} {graph.info(name).shape}" for name in graph.inputs)
            raise EdgemlError(
                f"the model has the inputs {listed}, and {spec.dataset} has samples of shape {data_shape}",
                where,
                f"give an .npz file with the arrays {', '.join(f'x.{name}' for name in graph.inputs)}",
            )
    else:
        model_shape = graph.info(first).shape
        if model_shape != data_shape:
            raise EdgemlError(
                f"the model takes samples of shape {model_shape}, {spec.dataset} has {data.sample_shape}",
                where,
                _remedy(model_shape, data_shape),
            )
    classes, outputs = len(data.class_names), graph.info(graph.outputs[0]).shape
    fits = outputs in ((classes,), ()) or (classes == 2 and math.prod(outputs) == 1)
    if classes and not fits:
        raise EdgemlError(
            f"the model's first output has shape {outputs}, {spec.dataset} has {classes} classes",
            where,
            "give the data that the model was trained on, or compare without labels: --set data.labels=false",
        )


def _remedy(model_shape: tuple[int, ...], data_shape: tuple[int, ...]) -> str:
    """The setting with which the data fit."""
    if len(model_shape) == 1 and math.prod(data_shape) == model_shape[0]:
        return "add --set data.flatten=true"
    return "give the data that the model was trained on"
