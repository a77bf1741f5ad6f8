"""The loss of a training: the cross-entropy that fits the model's end, or one of Keras' losses by name.

Invariant: a loss sees what its formula is about. Logits are declared as such, probabilities are never taken
for logits, and labels come as whole numbers, in one column or one-hot, as the loss asks for them. A loss that
does not fit the model's end is refused with one that does.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from edgeml.datasets import Array
from edgeml.errors import EdgemlError
from edgeml.keras.backend import import_keras
from edgeml.presets import KerasClass
from edgeml.training.callbacks import guarded
from edgeml.training.ending import Ending, cross_entropy_of
from edgeml.training.named import built, keras_class

LossFunction = Callable[[Any, Any], Any]
"""From labels (n,) and outputs (n, outputs) to the loss of every sample: float32, shape (n,)."""

_WHERE = "training.loss"
_EFFECTIVE = 0.999  # beta of the effective number of samples
_REFUSED = {
    "CTC": "is for sequences; use sparse_categorical_crossentropy",
    "Circle": "is for embeddings; use sparse_categorical_crossentropy",
    "Dice": "is for the pixels of a segmentation; use categorical_focal_crossentropy",
    "Tversky": "is for the pixels of a segmentation; use categorical_focal_crossentropy",
    "CosineSimilarity": "is for embeddings; use categorical_crossentropy",
}
_WHOLE = ("SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy")
_CLASSES = ("CategoricalCrossentropy", "CategoricalFocalCrossentropy", "CategoricalHinge", *_WHOLE)
_BINARY = ("BinaryCrossentropy", "BinaryFocalCrossentropy")
_PROBABILITIES = (
    "KLDivergence",
    "Poisson",
    "MeanSquaredLogarithmicError",
    "CategoricalGeneralizedCrossEntropy",
)
_OWN = {
    "from_logits": "leave it out; edgeml sees whether the model ends in logits",
    "reduction": "leave it out; edgeml takes the mean over the samples",
    "dtype": "leave it out",
    "name": "leave it out",
    "axis": "leave it out; classes are the last axis",
}


def loss_of(stated: KerasClass, end: Ending, outputs: int, model: str = "the model") -> LossFunction:
    """The loss of every sample.

    Args:
        stated: "auto", or one of Keras' losses with its arguments.
        end: what the model's outputs are.
        outputs: how many there are.
        model: name for messages.

    Raises:
        EdgemlError: Keras has no such loss or argument, or the loss does not fit the model's end.
        MissingToolError: TensorFlow is not installed.
    """
    if stated.name == "auto":
        if stated.arguments:
            yes_no = outputs == 1 or end == "sigmoid"
            raise _auto(stated, "binary_crossentropy" if yes_no else "categorical_crossentropy")
        return cross_entropy_of(end, outputs)
    chosen = loss_class(stated)
    _fits(chosen.__name__, end, outputs, model)
    loss = built(chosen, stated, _WHERE, _settings(chosen, end), _OWN)
    return _with_labels(loss, chosen.__name__ in _WHOLE, outputs)


def loss_on_numbers(stated: KerasClass, end: Ending, yes_no: bool, model: str = "the model") -> LossFunction:
    """The loss of every sample for targets that are numbers (n, k), as many as the model has outputs.

    Args:
        stated: one of Keras' losses with its arguments.
        end: what the model's outputs are.
        yes_no: whether each target is 0 or 1.
        model: name for messages.

    Raises:
        EdgemlError: Keras has no such loss or argument, or the loss is about classes.
        MissingToolError: TensorFlow is not installed.
    """
    import tensorflow as tf

    if stated.name == "auto":
        raise _auto(stated, "binary_crossentropy" if yes_no else "huber")
    chosen = loss_class(stated)
    where = f"{_WHERE}, {chosen.__name__}"
    if chosen.__name__ in _CLASSES or (chosen.__name__ in _BINARY and not yes_no):
        what = "is about labels of 0 and 1" if chosen.__name__ in _BINARY else "is about classes"
        instead = "binary_crossentropy" if yes_no else "mean_squared_error, mean_absolute_error or huber"
        raise EdgemlError(f"{what}, and the targets of {model} are numbers", where, f"use {instead}")
    if yes_no and end == "softmax":
        what = f"{model} ends in a softmax, whose results add up to 1, and labels are independent"
        raise EdgemlError(what, where, "end it in logits or sigmoids")
    loss = built(chosen, stated, _WHERE, _settings(chosen, end), _OWN)

    def on_numbers(targets: Any, outputs: Any) -> Any:
        return loss(targets, tf.reshape(outputs, (tf.shape(outputs)[0], -1)))

    return on_numbers


def _auto(stated: KerasClass, instead: str) -> EdgemlError:
    """The error of arguments without the name of a loss."""
    what = f"auto takes no {', '.join(stated.arguments)}"
    return EdgemlError(what, _WHERE, f"name the loss: --set training.loss={instead}")


def loss_class(stated: KerasClass) -> type:
    """The class of Keras that a setting other than "auto" names.

    Raises:
        EdgemlError: Keras has no such loss, or it is not for classification.
        MissingToolError: TensorFlow is not installed.
    """
    losses = import_keras().losses
    return keras_class("loss", losses, losses.Loss, stated, _WHERE, _REFUSED, ["auto"])


def tried(loss: LossFunction, labels: Array, outputs: Array, where: str) -> LossFunction:
    """A user's own loss, after it gave one number per sample.

    Args:
        loss: the function.
        labels: of some samples, shape (n,).
        outputs: of the model for them, shape (n, outputs).
        where: for messages.

    Raises:
        EdgemlError: it fails, or gives something else.
    """
    import keras

    losses = guarded(lambda: keras.ops.convert_to_numpy(loss(labels, outputs)), where)
    if losses.shape != (len(labels),) or losses.dtype.kind != "f":
        what = f"gave {losses.dtype} of shape {losses.shape} for {len(labels)} samples"
        raise EdgemlError(what, where, "return one float32 per sample, without a mean over them")
    return loss


def weights_of(kind: str, labels: Array, classes: int) -> Array:
    """The weight of a training sample of each class: float32, shape (classes,); its mean over samples is 1.

    Args:
        kind: "equal", "balanced" or "effective"; see `edgeml.presets.Training`.
        labels: whole numbers below `classes`, shape (n,).
        classes: how many there are.

    >>> import numpy as np
    >>> weights_of("balanced", np.array([0, 0, 0, 1]), 2).round(3)
    array([0.667, 2.   ], dtype=float32)
    """
    import numpy as np

    counts = np.bincount(labels, minlength=classes).astype(np.float64)
    if kind == "equal":
        return np.ones(classes, np.float32)
    amount = counts if kind == "balanced" else (1 - _EFFECTIVE**counts) / (1 - _EFFECTIVE)
    weights = np.divide(1.0, amount, out=np.zeros(classes), where=counts > 0)
    return (weights * counts.sum() / (weights * counts).sum()).astype(np.float32)


def _settings(chosen: type, end: Ending) -> dict[str, Any]:
    """The arguments of a loss that edgeml sets."""
    logits = {"from_logits": end == "logits"}
    return {"reduction": "none"} | (logits if "from_logits" in inspect.signature(chosen).parameters else {})


def _with_labels(loss: Any, whole: bool, outputs: int) -> LossFunction:
    """The loss with labels as it asks for them."""
    import tensorflow as tf

    def on_whole(labels: Any, predicted: Any) -> Any:
        return loss(labels, predicted)

    def on_targets(labels: Any, predicted: Any) -> Any:
        targets = labels[:, None] if outputs == 1 else tf.one_hot(labels, outputs)
        return loss(tf.cast(targets, tf.float32), predicted)

    return on_whole if whole else on_targets


def _fits(name: str, end: Ending, outputs: int, model: str) -> None:
    """Refuse a loss that the numbers at the model's end are not made for."""
    where = f"{_WHERE}, {name}"
    if name in _CLASSES and outputs == 1:
        what = f"is about several classes, and {model} has one output"
        raise EdgemlError(what, where, "use binary_crossentropy, or end the model in one output per class")
    if name in _BINARY and outputs > 1 and end == "softmax":
        what = f"is about independent outputs, and {model} ends in a softmax"
        raise EdgemlError(what, where, f"use {name.replace('Binary', 'Categorical')}")
    if name in _PROBABILITIES and end == "logits":
        what = f"is about probabilities, and {model} ends in logits"
        head = "a sigmoid" if outputs == 1 else "a softmax"
        raise EdgemlError(what, where, f"end the model in {head}, or use a cross-entropy")
