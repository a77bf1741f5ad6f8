"""Scores of a graph's outputs in the figure of its task; without truth, agreement with the graph in float.

Invariant: higher is better, and two scores of one `ScoreJudge` are comparable.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.importers.outcome import real_values
from edgeml.ir import Graph
from edgeml.report import exact
from edgeml.runconfig import EndMeaning
from edgeml.tasks import Task, Truth

Floats = NDArray[np.floating[Any]]


class Measure(StrEnum):
    """The meaning of a score."""

    ACCURACY = "accuracy"
    """Share of the samples whose class is the label."""

    LABELS = "accuracy over all labels"
    """Share of the labels of all samples that are right."""

    EXPLAINED = "explained variance (R2)"
    """Share of the variance of the targets, or of an autoencoder's samples, that the outputs explain."""

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
        floats: the output of the graph in float, for the SQNR.
        labels: the class of each sample, for accuracy and agreement.
        numbers: the task and the truth (samples, n), for its figure.
        meaning: what an output stands for.
    """

    measure: Measure
    floats: Floats
    labels: NDArray[np.int64] | None = None
    numbers: tuple[Task, NDArray[Any]] | None = None
    meaning: EndMeaning | None = None

    @classmethod
    def of(
        cls,
        in_float: Graph,
        floats: Floats,
        task: Task,
        truth: NDArray[Any] | None,
        meaning: EndMeaning | None = None,
    ) -> ScoreJudge:
        """The judge for the truth of a task, or without it for the outputs of the graph in float.

        Args:
            in_float: the graph in float.
            floats: its first output (samples, ...).
            task: of the run.
            truth: as `edgeml.presets.Prepared.truth_of` has it.
            meaning: what the first output stands for; None: for itself.
        """
        if truth is not None and task.truth is Truth.CLASSES:
            return cls(Measure.ACCURACY, floats, truth)
        if truth is not None and len(in_float.outputs) == 1 and truth.size == floats.size:
            measure = Measure.LABELS if task.yes_no else Measure.EXPLAINED
            judge = cls(measure, floats, numbers=(task, truth), meaning=meaning)
            if judge.score(in_float, floats) > 0:  # else the task was inferred, and is none of the model's
                return judge
        if task.truth is not Truth.NUMBERS and (
            floats.ndim == 1 or (floats.ndim == 2 and floats.shape[1] <= 100)
        ):
            return cls(Measure.AGREEMENT, floats, exact.classes(in_float, floats))
        return cls(Measure.SQNR, floats)

    def score(self, graph: Graph, values: Floats) -> float:
        """The score of a graph's first output: a share from 0 to 1, or decibels (at most 200)."""
        if self.labels is not None:
            return float(np.mean(exact.classes(graph, values) == self.labels))
        if self.numbers is not None:
            return self.figure(values)
        noise = float(np.sum((values - self.floats) ** 2))
        signal = float(np.sum(np.square(self.floats)))
        return 200.0 if noise == 0 else float(10 * np.log10(max(signal, 1e-300) / noise))

    def figure(self, values: Floats, real: bool = False) -> float:
        """The figure of a task with numbers as its truth, as a share.

        Args:
            values: (samples, ...).
            real: true for those of the float model, false for those of a graph.
        """
        assert self.numbers is not None
        task, truth = self.numbers
        if not real and self.meaning is not None:
            curve = "" if task.yes_no else self.meaning.function
            values = real_values(values, self.meaning.model_copy(update={"function": curve}))
        return task.percent(np.asarray(values, np.float64).reshape(len(truth), -1), truth, 0.0) / 100
