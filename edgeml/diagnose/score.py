"""Scores of the outputs of a graph: accuracy on labels; without labels, agreement with the graph in float.

Invariant: higher is better, and two scores of one `ScoreJudge` are comparable.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.ir import Graph
from edgeml.report import exact

Floats = NDArray[np.floating[Any]]


class Measure(StrEnum):
    """The meaning of a score."""

    ACCURACY = "accuracy"
    """Share of the samples whose class is the label."""

    AGREEMENT = "agreement with float"
    """Share of the samples whose class is that of the graph in float."""

    SQNR = "output SQNR in dB"
    """10 log10(sum y^2 / sum (y - q)^2), y the output of the graph in float."""


def outputs_of(graph: Graph, x: Floats) -> NDArray[np.float64]:
    """The first output, float64 (samples, ...), by the emulator or the reference."""
    execute, _ = exact.executor(graph)
    return np.asarray(exact.first(execute(x)))


@dataclass(frozen=True, eq=False)
class ScoreJudge:
    """Scores outputs on the same samples.

    Args:
        measure: of the scores.
        labels: the class of each sample, for accuracy and agreement.
        floats: the output of the graph in float, for the SQNR.
    """

    measure: Measure
    labels: NDArray[np.int64] | None
    floats: Floats

    @classmethod
    def of(cls, in_float: Graph, floats: Floats, labels: NDArray[np.int64] | None) -> ScoreJudge:
        """The judge for labels, or without them for the outputs of the graph in float."""
        if labels is not None:
            return cls(Measure.ACCURACY, labels, floats)
        if floats.ndim == 1 or (floats.ndim == 2 and floats.shape[1] <= 100):
            return cls(Measure.AGREEMENT, exact.classes(in_float, floats), floats)
        return cls(Measure.SQNR, None, floats)

    def score(self, graph: Graph, values: Floats) -> float:
        """The score of a graph's first output: a share from 0 to 1, or decibels (at most 200)."""
        if self.labels is not None:
            return float(np.mean(exact.classes(graph, values) == self.labels))
        noise = float(np.sum((values - self.floats) ** 2))
        signal = float(np.sum(np.square(self.floats)))
        return 200.0 if noise == 0 else float(10 * np.log10(max(signal, 1e-300) / noise))
