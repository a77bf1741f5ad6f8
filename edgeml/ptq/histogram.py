"""Values of a tensor on calibration samples, as a histogram that is filled batch by batch.

Invariant: the ends are those of all samples, and each value counts once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.ptq.tensors import TensorRunner

BINS = 2048


@dataclass(frozen=True, eq=False)
class TensorHistogram:
    """The values of a tensor, counted in bins.

    Args:
        low: the smallest value.
        high: the largest value.
        counts: of `BINS` bins of equal width between the two.
    """

    low: float
    high: float
    counts: NDArray[np.int64]

    @property
    def centers(self) -> NDArray[np.float64]:
        """The values that the bins stand for."""
        width = (self.high - self.low) / len(self.counts)
        return np.asarray(self.low + width * (np.arange(len(self.counts)) + 0.5), np.float64)

    def quantile(self, share: float) -> float:
        """The value below which a share of all values lies."""
        total = np.cumsum(self.counts)
        place = int(np.searchsorted(total, share * total[-1]))
        return float(self.low + (self.high - self.low) * (place + 1) / len(self.counts))

    @staticmethod
    def of(values: Any) -> TensorHistogram:
        """The histogram of an array."""
        low, high = float(np.min(values)), float(np.max(values))
        return TensorHistogram(low, high, _counts(np.asarray(values), low, high))


def histograms(
    runner: TensorRunner, x: Any, names: Sequence[str], where: str
) -> Mapping[str, TensorHistogram]:
    """The histograms of some tensors, in two runs over the samples: the ends first, then the counts.

    Args:
        runner: the float network, with these tensors.
        x: calibration samples (samples, ...).
        names: of the tensors.
        where: the model, for messages.

    Raises:
        EdgemlError: a value is no finite number; names the tensor.
    """
    ends = dict.fromkeys(names, (np.inf, -np.inf))
    for batch in runner.stream(x, names):
        for name, values in zip(names, batch, strict=True):
            low, high = float(np.min(values)), float(np.max(values))
            if not (np.isfinite(low) and np.isfinite(high)):
                raise EdgemlError(
                    f"the tensor {name!r} is not finite on the calibration data",
                    where,
                    "look for NaN or infinity in the model's weights, or for data on another scale than in "
                    "training",
                )
            ends[name] = (min(low, ends[name][0]), max(high, ends[name][1]))
    counts = {name: np.zeros(BINS, np.int64) for name in names}
    for batch in runner.stream(x, names):
        for name, values in zip(names, batch, strict=True):
            counts[name] += _counts(values, *ends[name])
    return {name: TensorHistogram(*ends[name], counts[name]) for name in names}


def _counts(values: NDArray[Any], low: float, high: float) -> NDArray[np.int64]:
    if low == high:
        counts = np.zeros(BINS, np.int64)
        counts[0] = values.size
        return counts
    return np.histogram(values, BINS, (low, high))[0].astype(np.int64)
