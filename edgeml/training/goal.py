"""The goal of a training: the targets of every sample, the loss, and what counts as right.

It follows from the run's task, the model's end and the settings: classes for a classifier, numbers for a
regression, 0 and 1 for several labels, the sample itself for an autoencoder.

Invariant: targets and outputs of a sample have the same number of elements, or the training is refused before
its first step, with what does not fit and what would.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from edgeml import tasks
from edgeml.datasets import Array
from edgeml.errors import EdgemlError
from edgeml.presets import KerasClass, Prepared, Training
from edgeml.tasks import Truth
from edgeml.training.ending import ending, threshold_of
from edgeml.training.losses import LossFunction, loss_of, loss_on_numbers, tried, weights_of


@dataclass(frozen=True, eq=False)
class TrainingGoal:
    """Targets, loss and rightness of one training.

    Attributes:
        loss: from targets and outputs to the loss of every sample.
        weights: how much a training sample of each class counts, (classes,); None: all alike.
        threshold: above it one output means yes.
        classes: true if targets are classes (n,), else numbers (n, k).
        counts: true if a share of results is right or wrong.
    """

    loss: LossFunction
    weights: Array | None
    threshold: float
    classes: bool
    counts: bool

    def right(self, targets: Any, outputs: Any) -> Any:
        """The number of samples that are right, a float32 scalar tensor; with several labels their shares."""
        import tensorflow as tf

        if not self.counts:
            return tf.constant(0.0)
        if not self.classes:
            yes = tf.cast(_flat(outputs) > self.threshold, tf.float32)
            return tf.reduce_sum(tf.reduce_mean(tf.cast(yes == targets, tf.float32), axis=-1))
        if outputs.shape[-1] == 1:
            guess = tf.cast(outputs[:, 0] > self.threshold, targets.dtype)
        else:
            guess = tf.argmax(outputs, axis=-1, output_type=targets.dtype)
        return tf.reduce_sum(tf.cast(guess == targets, tf.float32))


def goal_of(
    model: Any,
    data: Prepared,
    training: Training,
    task: str,
    own: Callable[[Any, Any], Any] | None,
    outputs_of: Callable[[Any, Array], Array],
) -> TrainingGoal:
    """The goal of a model.

    Args:
        model: one input, one output.
        data: samples and labels.
        training: loss and class weights.
        task: its name.
        own: a loss of the user's, in place of the one that the settings name.
        outputs_of: the model's outputs for samples, to try the user's loss on.

    Raises:
        EdgemlError: the loss, the class weights or the data do not fit the model or the task, or two losses
            are asked for.
    """
    kind, end = tasks.load(task), ending(model)
    classes = kind.truth is Truth.CLASSES
    if training.class_weights != "equal" and not classes:
        raise EdgemlError(
            f"the task {task} has no classes to weigh", "training.class_weights", "set it to equal"
        )
    stated = training.loss
    if stated.name == "auto" and not classes and not stated.arguments:
        stated = KerasClass(name=kind.loss)
    if own is not None and training.loss.name != "auto":
        what = f"{training.loss.name} is named, and the preset has a loss of its own"
        raise EdgemlError(what, "training.loss", "leave out one of them")
    if own is not None:
        targets = targets_of(data, "train", task)[:2]
        where = f"{model.name}: loss of the preset"
        loss = tried(own, targets, outputs_of(model, data.x_train[:2]), where)
    elif classes:
        loss = loss_of(stated, end, model.output_shape[-1], model.name)
    else:
        loss = loss_on_numbers(stated, end, kind.yes_no, model.name)
    weights = None
    if training.class_weights != "equal":
        weights = weights_of(training.class_weights, data.y_train, len(data.class_names))
    return TrainingGoal(loss, weights, threshold_of(end), classes, kind.yes_no)


def targets_of(data: Prepared, part: Literal["train", "val"], task: str) -> Array:
    """The targets of a part: int64 classes (n,), or float32 numbers (n, k).

    Args:
        data: samples and labels.
        part: which samples.
        task: its name.
    """
    if tasks.load(task).truth is Truth.INPUT:
        samples = getattr(data, f"x_{part}")
        return samples.reshape(len(samples), -1)
    return getattr(data, f"y_{part}")


def check_fit(model: Any, data: Prepared, task: str) -> None:
    """Refuse a model that cannot be trained on the data.

    Raises:
        EdgemlError: inputs or outputs are of other shapes than samples and targets.
    """
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise EdgemlError(
            f"has {len(model.inputs)} inputs and {len(model.outputs)} outputs",
            model.name,
            "training needs one of each",
        )
    if not tasks.load(task).loss:
        raise EdgemlError("there is nothing to train towards", f"data.task = {task}", "name another task")
    input_shape, sample_shape = tuple(model.input_shape[1:]), data.x_train.shape[1:]
    if input_shape != sample_shape:
        flat = input_shape == (int(np.prod(sample_shape)),)
        hint = "set data.flatten = true" if flat else "change the model's keras.Input or the data"
        what = f"its input has shape {input_shape}, the data {data.sample_shape}"
        raise EdgemlError(what, model.name, hint)
    if tasks.load(task).truth is not Truth.CLASSES:
        count, outputs = targets_of(data, "train", task).shape[1], int(np.prod(model.output_shape[1:]))
        if outputs != count:
            pairs = ((outputs, "element"), (count, "target"))
            one, other = (f"{n} {word}{'s' if n > 1 else ''}" for n, word in pairs)
            what = f"its output has {one}, and the {task} {other} per sample"
            raise EdgemlError(what, model.name, f"end it in {count} output{'s' if count > 1 else ''}")
        _check_targets(targets_of(data, "train", task), task)
        return
    classes = len(data.class_names)
    outputs = 1 if classes == 2 else classes
    if model.output_shape[1:] not in {(outputs,), (classes,)}:
        raise EdgemlError(
            f"its output has shape {model.output_shape[1:]}, the data {classes} classes",
            model.name,
            f"end it in {outputs} logits" if classes > 2 else "end it in one logit",
        )


def check_end(model: Any, task: str, outputs: str) -> None:
    """Refuse a softmax or sigmoid that the graph would leave off although its results are asked for.

    Args:
        model: the model.
        task: its name.
        outputs: `lowering.outputs`.

    Raises:
        EdgemlError: the graph would give other numbers than the model is trained towards.
    """
    kind, end = tasks.load(task), ending(model)
    if kind.yes_no or not kind.loss or end == "logits" or outputs != "logits":
        return
    raise EdgemlError(
        f"ends in a {end}, which the exact graph leaves off, and the {task} is about its results",
        model.name,
        "end it in a Dense layer without activation, or set lowering.outputs=probabilities",
    )


def _check_targets(targets: Array, task: str) -> None:
    if tasks.load(task).truth is Truth.NUMBERS and np.all(targets == targets[:1]):
        shown = ", ".join(f"{value:g}" for value in targets[0, :4])
        what = f"every training sample has the same target ({shown}), of which nothing is learned"
        raise EdgemlError(what, "data.target", "is this the right column?")
    if tasks.load(task).yes_no and not np.all((targets == 0) | (targets == 1)):
        odd = targets[(targets != 0) & (targets != 1)].flat[0]
        what = f"a label is {odd:g}, and the task multi-label knows 0 and 1"
        raise EdgemlError(what, "data.task", "set data.task=regression for numbers")


def _flat(outputs: Any) -> Any:
    """Outputs of any shape as (n, k), as their targets are."""
    import tensorflow as tf

    return tf.reshape(outputs, (tf.shape(outputs)[0], -1))
