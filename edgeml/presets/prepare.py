"""A data set as the input of a model: scaled and shaped, with the numbers to repeat the scaling.

Invariant: equal `DataSpec`, scaling and checksum give bit-equal arrays; the scaling is fitted to the training
part alone and the same one is applied to all parts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np

from edgeml import datasets, tasks
from edgeml.datasets import Array, ColumnPlan, Dataset, Scaling, StreamedRows
from edgeml.errors import EdgemlError, excerpt, unknown_name
from edgeml.presets.spec import AUTO, DataSpec
from edgeml.tasks import TaskEvidence, Truth

_USUAL_CLASSES = 20
"""So many different whole numbers are classes where no model says how many it tells apart."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """The data that training, checking and reporting use.

    Args:
        x_train: float32, shape (n, ...), scaled. So are x_val and x_test. Of data that stay on the disk the
            training samples are `edgeml.datasets.StreamedRows`, of which rows are taken.
        y_train: int64 labels, shape (n,), or float32 targets, shape (n, k); of an autoencoder with normal
            classes 0, and in the test part 1 for an anomaly. So are y_val and y_test.
        class_names: label i is class_names[i]; empty where targets are numbers, and for samples without
            labels, whose y_* are empty too.
        scaling: the scaling of the stored values.
        dataset: the stored values, and where they come from.
        task: its name, never "auto".
        columns: of a table with text or gaps, the features that its columns become before they are scaled.
    """

    x_train: Array
    y_train: Array
    x_val: Array
    y_val: Array
    x_test: Array
    y_test: Array
    class_names: tuple[str, ...]
    scaling: Scaling
    dataset: Dataset
    task: str
    columns: ColumnPlan | None = None

    @property
    def sample_shape(self) -> str:
        """The shape of a sample for messages, with the features' names where it has some: "(2,): a, b"."""
        shape, names = tuple(self.x_train.shape[1:]), self.dataset.feature_names or ()
        return f"{shape}: {excerpt(', '.join(names), 200)}" if shape == (len(names),) else str(shape)

    def truth_of(self, x: Array, y: Array | None) -> Array | None:
        """The truth of samples, as the figures of the task take it.

        Args:
            x: samples of these data (samples, ...).
            y: their part of `y_train`, `y_val` or `y_test`; None without labels.

        Returns:
            Classes (samples,), numbers (samples, n), or None if the samples have no truth.
        """
        truth = tasks.load(self.task).truth
        if truth is Truth.INPUT:
            return x.reshape(len(x), -1)
        if (
            truth is Truth.NONE
            or y is None
            or not len(y)
            or (truth is Truth.CLASSES and not self.class_names)
        ):
            return None
        return np.asarray(y, np.int64) if truth is Truth.CLASSES else y.reshape(len(y), -1)


def prepare(
    spec: DataSpec,
    scaling: Scaling | None = None,
    dataset: Dataset | None = None,
    unlabelled: bool = False,
    columns: ColumnPlan | None = None,
) -> Prepared:
    """Read and scale a data set.

    Args:
        spec: which, and how.
        scaling: the one a run was trained with; fitted to the training part if None.
        dataset: its stored values, where they are in no file.
        unlabelled: take a file that has no labels as well.
        columns: the rules of a table's columns that a run was trained with; fitted to the training part if
            None.

    Raises:
        EdgemlError: unknown data set, missing or damaged file, or a scaling that does not fit it.
    """
    task = spec.task
    if task == AUTO:
        task = "classification" if unlabelled or dataset is not None else task_of_data(spec)[0]
    truth = tasks.load(task).truth
    if spec.normal and truth is not Truth.INPUT:
        what = f"data.normal is for an autoencoder, and the task is {task.replace('_', '-')}"
        raise EdgemlError(what, spec.dataset, "leave data.normal out, or set data.task=autoencoder")
    if dataset is None and spec.stream:
        _check_stream(spec, truth)
        dataset = datasets.streamed(Path(spec.dataset), spec.max_classes)
    if dataset is None:
        split_anyway = truth is Truth.INPUT and not unlabelled  # the parts of a training are apart
        labelled = spec.labels and (truth in (Truth.CLASSES, Truth.NUMBERS) or bool(spec.normal))
        dataset = datasets.load(
            spec.dataset,
            spec.column,
            spec.split_seed,
            max_classes=spec.max_classes,
            labels=None if labelled and unlabelled else labelled,
            numbers=truth is Truth.NUMBERS,
            inputs=spec.inputs,
            outputs=spec.outputs,
            partition=spec.partition,
            split_samples=split_anyway and not spec.normal,
            table=spec.table,
        )
        if spec.normal:
            dataset = _only_normal(dataset, spec)
    if columns is None and dataset.columns:
        columns = ColumnPlan.fit(dataset.columns, dataset.x_train, spec.missing, spec.categories)
    if columns is not None:
        dataset = _noted(dataset, columns)
    if scaling is None:
        features = dataset.x_train if columns is None else columns.apply(dataset.x_train)
        staying = None if columns is None else columns.staying
        scaling = Scaling.fit(spec.scaling, features, spec.constant, staying)

    ready = partial(model_samples, spec=spec, scaling=scaling, columns=columns)
    if not (unlabelled or len(dataset.y_train) or truth is Truth.INPUT):
        raise EdgemlError("has no labels to train with", spec.dataset, "leave data.labels at true")
    if truth is Truth.CLASSES and dataset.y_train.ndim > 1:
        count = dataset.y_train.shape[1]
        what = f"its targets are {count} number{'s' if count > 1 else ''} per sample, no classes"
        raise EdgemlError(what, spec.dataset, "leave data.task out, or set data.task=regression")
    x_train = dataset.x_train
    samples = cast("Array", StreamedRows(x_train, ready)) if spec.stream else ready(x_train)
    return Prepared(
        x_train=samples,
        y_train=dataset.y_train,
        x_val=ready(dataset.x_val),
        y_val=dataset.y_val,
        x_test=ready(dataset.x_test),
        y_test=dataset.y_test,
        class_names=dataset.class_names,
        scaling=scaling,
        dataset=dataset,
        task=task,
        columns=columns,
    )


def model_samples(x: Array, spec: DataSpec, scaling: Scaling, columns: ColumnPlan | None) -> Array:
    """Stored samples (n, ...) as the model takes them: float32, scaled, with its axes.

    Args:
        x: as stored.
        spec: the axes and whether they are flattened.
        scaling: as fitted to the training part.
        columns: the features that columns of a table become first; None for numbers alone.

    Raises:
        EdgemlError: `data.axes` are no order of the axes of a sample.
    """
    scaled = scaling.apply(x if columns is None else columns.apply(x))
    if spec.axes:
        scaled = _turned(scaled, spec)
    return scaled.reshape(len(scaled), -1) if spec.flatten else scaled


def task_of_data(spec: DataSpec, inputs: int = 0, outputs: int = 0) -> tuple[str, str]:
    """The task that data speak for, with the ends of a model if there is one, and the reason.

    Args:
        spec: which data; its own task is not asked.
        inputs: elements of a sample as the model takes it; 0 without a model.
        outputs: elements of its result; 0 without a model, which then has as many as the labels ask for.

    Raises:
        EdgemlError: the data are missing or damaged, cannot stay on the disk, or there is nothing to train
            towards.
    """
    if spec.stream:
        datasets.check_streamable(Path(spec.dataset))
    labels, classes = (
        datasets.labels_of(spec.dataset, spec.column, spec.outputs, table=spec.table)
        if spec.labels
        else (None, 0)
    )
    if labels is not None and spec.max_classes:
        return "classification", "data.max_classes is stated"
    proof = TaskEvidence(inputs, outputs, outputs, labels=labels, classes=classes)
    if not outputs:
        columns = 1 if proof.numbers is None else proof.numbers.shape[1]
        fitting = proof.kinds if proof.kinds <= _USUAL_CLASSES else columns
        proof = replace(proof, outputs=fitting or columns, first=fitting or columns)
    name, reason = tasks.infer(proof)
    if name != "unlabelled":
        return name, reason
    if proof.kinds and not proof.one_hot:
        return "classification", f"the labels name {proof.kinds} classes"
    if proof.numbers is not None:
        return "regression", f"the labels are {proof.numbers.shape[1]} numbers per sample"
    if not outputs:
        return "autoencoder", "there are no labels"
    raise EdgemlError(
        f"has no labels to train with, and the model gives {outputs} numbers and takes {inputs}",
        spec.dataset,
        f"add labels (y in an .npz file), or end the model in {inputs} outputs for an autoencoder",
    )


def _check_stream(spec: DataSpec, truth: Truth) -> None:
    """Refuse what would need all training samples in memory."""
    datasets.check_streamable(Path(spec.dataset))
    partition = spec.partition
    reasons = {
        f"data.scaling={spec.scaling} is fitted to all samples": spec.scaling not in ("none", "unit"),
        "only classes can be trained from the disk": truth is not Truth.CLASSES,
        "a split of one's own shuffles all samples": not partition.published,
    }
    reason = next((reason for reason, holds in reasons.items() if holds), "")
    if reason:
        hint = "scale and split the file itself, or leave data.stream out"
        raise EdgemlError(f"cannot stay on the disk: {reason}", spec.dataset, hint)


def _noted(dataset: Dataset, columns: ColumnPlan) -> Dataset:
    """The data set, with a note on categories that the training part never shows."""
    notes = [
        f"{count} samples of the {part} part have a {name} that the training part never shows"
        for part in ("val", "test")
        for name, count in columns.unseen(getattr(dataset, f"x_{part}")).items()
    ]
    return replace(dataset, note="; ".join([dataset.note, *notes]))


def _only_normal(dataset: Dataset, spec: DataSpec) -> Dataset:
    """Normal samples to train and validate on; the labels become 1 for an anomaly, and name no classes."""
    for name in spec.normal:
        if name not in dataset.class_names:
            raise unknown_name("class", name, dataset.class_names, f"data.normal of {spec.dataset}")
    if len(set(spec.normal)) == len(dataset.class_names):
        what = "data.normal names every class, so that nothing is an anomaly"
        raise EdgemlError(what, spec.dataset, "name the normal ones")
    codes = [dataset.class_names.index(name) for name in spec.normal]
    normal = {part: np.isin(getattr(dataset, f"y_{part}"), codes) for part in ("train", "val")}
    return replace(
        dataset,
        x_train=dataset.x_train[normal["train"]],
        y_train=np.zeros(int(normal["train"].sum()), np.int64),
        x_val=dataset.x_val[normal["val"]],
        y_val=np.zeros(int(normal["val"].sum()), np.int64),
        y_test=(~np.isin(dataset.y_test, codes)).astype(np.int64),
        class_names=(),
        note=f"{dataset.note}; trained on {', '.join(spec.normal)} alone",
    )


def _turned(x: Array, spec: DataSpec) -> Array:
    """Samples with their axes in the order that the model takes them; axes of one may be left out."""
    left_out = sorted(set(range(x.ndim - 1)) - set(spec.axes))
    repeated = len(set(spec.axes)) < len(spec.axes)
    if repeated or max(spec.axes) >= x.ndim - 1 or any(x.shape[axis + 1] != 1 for axis in left_out):
        raise EdgemlError(
            f"data.axes={list(spec.axes)} is no order of the {x.ndim - 1} axes of a sample",
            spec.dataset,
            f"name each of 0 to {x.ndim - 2} once; those of size one can be left out",
        )
    return x.transpose(0, *(axis + 1 for axis in (*left_out, *spec.axes))).reshape(
        len(x), *(x.shape[axis + 1] for axis in spec.axes)
    )
