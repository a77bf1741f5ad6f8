"""The interface of a task: which truth it needs, which models and data speak for it, and its figures."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from edgeml import install
from edgeml.errors import MissingToolError

Floats = NDArray[np.float64]


class Truth(Enum):
    """The kind of truth that predictions are held against."""

    CLASSES = "a class per sample"
    NUMBERS = "numbers per sample"
    INPUT = "the sample itself"
    NONE = "nothing"


@dataclass(frozen=True, eq=False)
class TaskEvidence:
    """A model's ends and the labels of its data, from which the task is inferred.

    Args:
        inputs: elements of a sample, over all inputs.
        outputs: elements of the results for a sample, over all outputs.
        first: elements of the first output.
        several: true if the model has several outputs.
        decides: true if the first output is a class already, an ArgMax.
        labels: of the data as stored, (samples, ...); None if there are none.
        classes: how many classes a published data set has; 0 for a file of the user's.
    """

    inputs: int
    outputs: int
    first: int
    several: bool = False
    decides: bool = False
    labels: NDArray[Any] | None = None
    classes: int = 0

    @property
    def numbers(self) -> Floats | None:
        """The labels as numbers (samples, n); None if there are none or they are text."""
        if self.labels is None or self.labels.dtype.kind not in "biuf" or not self.labels.size:
            return None
        return self.labels.reshape(len(self.labels), -1).astype(np.float64)

    @property
    def kinds(self) -> int:
        """The number of classes that the labels name; 0 if they are no classes."""
        if self.classes or self.labels is None:
            return self.classes
        numbers = self.numbers
        if numbers is None:
            return len(np.unique(self.labels))
        if self.one_hot:
            return numbers.shape[1]
        if numbers.shape[1] > 1 or np.any(numbers != np.round(numbers)):
            return 0
        return len(np.unique(numbers))

    @property
    def binary(self) -> bool:
        """True if all labels are 0 or 1."""
        numbers = self.numbers
        return numbers is not None and bool(np.all((numbers == 0) | (numbers == 1)))

    @property
    def one_hot(self) -> bool:
        """True for rows of several 0 and a single 1."""
        numbers = self.numbers
        return (
            numbers is not None
            and numbers.shape[1] > 1
            and self.binary
            and bool(np.all(numbers.sum(axis=1) == 1))
        )


@dataclass(frozen=True)
class TaskFigure:
    """One figure of merit.

    Attributes:
        name: a key: "accuracy", "mse".
        title: the same in words.
        value: finite.
        kind: "share" from 0 to 1, or "amount" in units of the target (or their square).
        better: which end is the better one.
        baseline: it follows from the truth alone, whatever the predictions are.
    """

    name: str
    title: str
    value: float
    kind: Literal["share", "amount"] = "amount"
    better: Literal["higher", "lower"] = "lower"
    baseline: bool = False


class Task(ABC):
    """The truth that outputs are held against, and its figures.

    Attributes:
        title: in a sentence: "a class per sample".
        truth: what a sample's target is.
        rank: tasks of smaller rank are asked first when the task is inferred.
        loss: what a model is trained with if nothing else is asked for: one of Keras' losses, or "auto", the
            cross-entropy that fits the model's end; "" if nothing can be trained.
        yes_no: true if each number of a result is a yes or no, of which a share is right.
        measure: what `percent` is: "accuracy", "R2".
    """

    title: ClassVar[str]
    truth: ClassVar[Truth]
    rank: ClassVar[int]
    loss: ClassVar[str]
    yes_no: ClassVar[bool]
    measure: ClassVar[str]

    @abstractmethod
    def claim(self, evidence: TaskEvidence) -> str:
        """The reason why a model and its data are of this task, in a few words; "" if they are not."""

    @abstractmethod
    def misfit(self, evidence: TaskEvidence) -> str:
        """The reason why a model and its data cannot be of this task; "" if they can."""

    @abstractmethod
    def figures(self, predictions: Floats, truth: NDArray[Any], threshold: float) -> tuple[TaskFigure, ...]:
        """The figures of merit.

        Args:
            predictions: real values (samples, n): all outputs side by side, of a classifier the first one.
            truth: classes (samples,), numbers (samples, n) or samples (samples, n), as `self.truth` says.
            threshold: above it one value stands for yes: 0 for logits, 0.5 for probabilities.

        Raises:
            EdgemlError: the shapes do not belong together.
            MissingToolError: scikit-learn is not installed.
        """

    @abstractmethod
    def percent(self, predictions: Floats, truth: NDArray[Any], threshold: float) -> float:
        """The one figure that a loss is counted in, in percent; 100 is the best.

        Args:
            predictions: as for `figures`.
            truth: as for `figures`; without any, the predictions that these are compared with (samples, n).
            threshold: as for `figures`.
        """


def predicted_classes(predictions: Floats, threshold: float) -> NDArray[np.int64]:
    """The class of each sample: the largest value, the first of equals; of one value, whether it is above."""
    if predictions.shape[1] == 1:
        return (predictions[:, 0] > threshold).astype(np.int64)
    return np.argmax(predictions, axis=1).astype(np.int64)


def explained(predictions: Floats, truth: NDArray[Any]) -> float:
    """The share of the truth's variance that predictions explain, over all targets together, in percent.

    Args:
        predictions: real values (samples, n).
        truth: numbers (samples, n).

    Returns:
        100 (1 - sum (t - p)^2 / sum (t - mean t)^2), the mean by column: R2; 0 for a constant truth.
    """
    numbers = np.asarray(truth, np.float64)
    around = float(np.sum((numbers - numbers.mean(axis=0)) ** 2))
    error = float(np.sum((numbers - predictions) ** 2))
    return 100 * (1 - error / around) if around > 0 else 0.0


def metrics() -> Any:
    """scikit-learn's module of figures.

    Raises:
        MissingToolError: it is not installed.
    """
    try:
        from sklearn import metrics as module
    except ImportError as error:
        raise MissingToolError(
            "scikit-learn is not installed", "figures of a task", install.command("report")
        ) from error
    return module


def finite(name: str, title: str, value: float, **rest: Any) -> tuple[TaskFigure, ...]:
    """One figure, or none where it is not defined (0/0, R2 of one sample)."""
    number = float(value)
    return (TaskFigure(name, title, number, **rest),) if math.isfinite(number) else ()
