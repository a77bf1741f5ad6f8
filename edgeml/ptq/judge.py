"""The quality of a quantized network: accuracy on validation samples, or agreement with the float network.

Invariant: no sample that is judged with is calibrated with, and none is of the test part unless the data have
no parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.ptq.net import FloatNet
from edgeml.ptq.tensors import TensorRunner

if TYPE_CHECKING:
    from edgeml.presets import Prepared

Measure = Literal["accuracy", "agreement"]

_MOST_SAMPLES = 5000


@dataclass(frozen=True)
class Score:
    """The quality of one network.

    Args:
        percent: of the samples that are classified right, or as the float network does.
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
        labels: of the judged samples; None if there are none.
        words: which parts they are, for people.
    """

    calibration: NDArray[np.float32]
    judged: NDArray[np.float32]
    labels: NDArray[np.int64] | None
    words: str


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
        order = np.random.default_rng(seed).permutation(len(data.x_train))
        chosen, rest = np.sort(order[:most]), np.sort(order[most : most + _MOST_SAMPLES])
        calibration = data.x_train[chosen]
        if len(data.x_val):
            x, y, which = data.x_val, data.y_val, "the validation part"
        else:
            x, y, which = data.x_train[rest], data.y_train[rest], "others of it"
        words = (
            f"{len(chosen)} samples of the training part, judged on {min(len(x), _MOST_SAMPLES)} of {which}"
        )
        labels = np.asarray(y[:_MOST_SAMPLES], np.int64) if data.class_names else None
        result = SampleParts(calibration, x[:_MOST_SAMPLES], labels, words)
    else:
        order = np.random.default_rng(seed).permutation(len(data.x_test))
        half = np.sort(order[: min(most, len(order) // 2)])
        rest = np.sort(order[len(half) : len(half) + _MOST_SAMPLES])
        words = f"{len(half)} samples, judged on {len(rest)} others (without labels the data have no parts)"
        result = SampleParts(data.x_test[half], data.x_test[rest], None, words)
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

    @property
    def measure(self) -> Measure:
        """Accuracy if there are labels."""
        return "agreement" if self.samples.labels is None else "accuracy"

    @cached_property
    def reference(self) -> NDArray[np.float32]:
        """The first output of the float network."""
        return self._outputs(TensorRunner(self.net.model(), self.net.name))

    @cached_property
    def float_percent(self) -> float:
        """The float network's own share, in percent; of agreement 100."""
        return self._percent(self.reference)

    def score(self, runner: TensorRunner) -> Score:
        """The quality of a quantized form."""
        outputs = self._outputs(runner)
        noise = float(np.sum((outputs.astype(np.float64) - self.reference) ** 2))
        signal = float(np.sum(self.reference.astype(np.float64) ** 2))
        sqnr = 10 * np.log10(signal / noise) if noise and signal else 200.0
        return Score(self._percent(outputs), float(min(200.0, max(-200.0, sqnr))))

    def loss(self, score: Score) -> float:
        """Points that are lost; negative if the quantized form is better."""
        return self.float_percent - score.percent

    def _percent(self, outputs: NDArray[Any]) -> float:
        expected = classes(self.reference) if self.samples.labels is None else self.samples.labels
        return 100 * float(np.mean(classes(outputs) == expected))

    def _outputs(self, runner: TensorRunner) -> NDArray[np.float32]:
        return runner.run(self.samples.judged, tuple(self.net.outputs)[:1])[0]


def classes(outputs: NDArray[Any]) -> NDArray[np.int64]:
    """The class of each sample: the largest of several logits, or the sign of one."""
    flat = outputs.reshape(len(outputs), -1)
    return (flat[:, 0] > 0).astype(np.int64) if flat.shape[1] == 1 else flat.argmax(axis=1)


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
