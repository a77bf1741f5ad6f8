"""The quality of a quantized network on validation samples, in the figure of its task: accuracy, R2.

Without labels it is the agreement with the float network.

Invariant: no sample that is judged with is calibrated with, and none is of the test part unless the data have
no parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edgeml import tasks
from edgeml.errors import EdgemlError
from edgeml.importers.outcome import real_values
from edgeml.ptq.net import FloatNet
from edgeml.ptq.tensors import TensorRunner
from edgeml.runconfig import EndMeaning
from edgeml.tasks import Task, Truth

if TYPE_CHECKING:
    from edgeml.presets import Prepared

_MOST_SAMPLES = 5000


@dataclass(frozen=True)
class Score:
    """The quality of one network.

    Args:
        percent: the figure of the task, 100 the best: see `edgeml.tasks.Task.percent`.
        sqnr_db: of the first output against the float network's, in dB.
    """

    percent: float
    sqnr_db: float


@dataclass(frozen=True, eq=False)
class SampleParts:
    """The samples that a quantization sees.

    Args:
        calibration: floats (samples, ...).
        judged: floats (samples, ...).
        truth: of the judged samples, as the task has it; None if there is none.
        task: its name.
        words: which parts they are, for people.
    """

    calibration: NDArray[np.float32]
    judged: NDArray[np.float32]
    truth: NDArray[Any] | None
    task: str
    words: str


def calibration_order(samples: int, seed: int) -> NDArray[np.int64]:
    """The order in which samples are taken for calibration."""
    return np.random.default_rng(seed).permutation(samples)


def parts(data: Prepared, most: int, seed: int) -> SampleParts:
    """Calibration samples of the training part, and others to judge with.

    Args:
        data: the data; without labels they have no parts, and each sample goes to one of the two.
        most: calibration samples.
        seed: of their choice.

    Raises:
        EdgemlError: there are fewer than two samples.
    """
    if len(data.y_train):
        order = calibration_order(len(data.x_train), seed)
        chosen, rest = np.sort(order[:most]), np.sort(order[most : most + _MOST_SAMPLES])
        calibration = data.x_train[chosen]
        if len(data.x_val):
            x, y, which = data.x_val, data.y_val, "the validation part"
        else:
            x, y, which = data.x_train[rest], data.y_train[rest], "others of it"
        words = (
            f"{len(chosen)} samples of the training part, judged on {min(len(x), _MOST_SAMPLES)} of {which}"
        )
        judged = x[:_MOST_SAMPLES]
        result = SampleParts(calibration, judged, data.truth_of(judged, y[:_MOST_SAMPLES]), data.task, words)
    else:
        order = calibration_order(len(data.x_test), seed)
        half = np.sort(order[: min(most, len(order) // 2)])
        rest = np.sort(order[len(half) : len(half) + _MOST_SAMPLES])
        words = f"{len(half)} samples, judged on {len(rest)} others (without labels the data have no parts)"
        judged = data.x_test[rest]
        result = SampleParts(data.x_test[half], judged, data.truth_of(judged, None), data.task, words)
    if not len(result.calibration) or not len(result.judged):
        raise EdgemlError(
            "has too few samples to calibrate with some and judge with others", data.dataset.name
        )
    return result


@dataclass(frozen=True, eq=False)
class Judge:
    """Judges quantized forms of one network.

    Args:
        net: the float network.
        samples: the samples.
    """

    net: FloatNet
    samples: SampleParts

    @cached_property
    def task(self) -> Task:
        """The task of the data; that without labels if they have no truth, or none that the model is for."""
        task, truth = tasks.load(self.samples.task), self.samples.truth
        inferred = task.truth is Truth.INPUT and truth is not None
        if truth is None or (inferred and task.percent(self._beside(task, self._float), truth, 0.0) <= 0):
            return tasks.load("unlabelled")
        return task

    @property
    def measure(self) -> str:
        """The figure in words."""
        return self.task.measure

    @cached_property
    def reference(self) -> NDArray[np.float32]:
        """The first output of the float network."""
        return self._float[0]

    @cached_property
    def _float(self) -> list[NDArray[np.float32]]:
        """The outputs of the float network."""
        return self._outputs(TensorRunner(self.net.model(), self.net.name))

    @cached_property
    def float_percent(self) -> float:
        """The float network's own figure; of agreement 100."""
        return self._percent(self._float)

    def score(self, runner: TensorRunner) -> Score:
        """The quality of a quantized form."""
        outputs = self._outputs(runner)
        noise = float(np.sum((outputs[0].astype(np.float64) - self.reference) ** 2))
        signal = float(np.sum(self.reference.astype(np.float64) ** 2))
        sqnr = 10 * np.log10(signal / noise) if noise and signal else 200.0
        return Score(self._percent(outputs), float(min(200.0, max(-200.0, sqnr))))

    def loss(self, score: Score) -> float:
        """Points that are lost; negative if the quantized form is better."""
        return self.float_percent - score.percent

    def _percent(self, outputs: list[NDArray[Any]]) -> float:
        truth = self.samples.truth
        if truth is None or self.task.truth is Truth.NONE:
            truth = self._beside(self.task, self._float)
        return self.task.percent(self._beside(self.task, outputs), truth, 0.0)

    def _beside(self, task: Task, outputs: list[NDArray[Any]]) -> NDArray[np.float64]:
        """All outputs side by side, of a classifier the first one, (samples, n); images channels last."""
        named = list(zip(self.net.outputs, outputs, strict=True))
        if task.truth in (Truth.CLASSES, Truth.NONE):
            named = named[:1]
        turned = (*self.net.shape[-1:], *self.net.shape[:-1])
        parts: list[NDArray[np.float64]] = []
        for name, values in named:
            curve = "" if task.yes_no else self.net.ended.get(name, "")
            real = real_values(values, EndMeaning(name=name, function=curve))
            real = np.moveaxis(real, 1, -1) if real.ndim > 2 and real.shape[1:] == turned else real
            parts.append(real.reshape(len(real), -1))
        return np.concatenate(parts, axis=1)

    def _outputs(self, runner: TensorRunner) -> list[NDArray[np.float32]]:
        return runner.run(self.samples.judged, tuple(self.net.outputs))


def macs(net: FloatNet, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
    """Multiplications per sample of each layer with weights.

    Args:
        net: the network.
        shapes: of the layers' outputs for one sample.
    """
    counts: dict[str, int] = {}
    for layer in net.layers:
        weights = net.constants[layer.weights]
        outputs = int(np.prod(shapes[layer.output], dtype=np.int64))
        counts[layer.name] = outputs * (weights.size // weights.shape[layer.axis])
    return counts
