"""repeats.json of a run: the same training on other folds of the data and from other seeds, and its spread.

Of every figure of the task there is one value by member (a fold, a seed, or a fold and a seed) and model:
float, quantization-aware, exact graph. `spread` states its mean, the standard deviation over the members and
a 95 % interval of the mean.

Invariant: the figures of a member are those of its own run folder, whose model's digest stands beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from edgeml.documents import Document, Record

FILE = "repeats.json"
ModelName = Literal["float", "qat", "fixed"]
MODELS: tuple[ModelName, ...] = ("float", "qat", "fixed")


class RepeatFigure(Record):
    """A figure of merit of the task: see `edgeml.tasks.TaskFigure`."""

    name: str
    title: str
    kind: Literal["share", "amount"]
    better: Literal["higher", "lower"]


class RepeatRow(Record):
    """One member.

    Attributes:
        fold: which fold was the test part, from 1; 0 if there are no folds.
        seed: of initial weights and shuffling.
        folder: its run folder, from that of the whole run; "." for that run itself.
        model: SHA-256 of its model.keras.
        trained: samples in its training part.
        tested: samples in its test part.
        values: by model and figure; a figure that is not defined is left out.
    """

    fold: int
    seed: int
    folder: str
    model: str
    trained: int
    tested: int
    values: Mapping[ModelName, Mapping[str, float]]


class Repeats(Document):
    """The content of repeats.json.

    Attributes:
        folds: how many folds; 0 for none.
        seeds: how many seeds per fold.
        split: how the folds were cut, a few words.
        figures: of the task.
        rows: the members that are done, in order.
    """

    what: ClassVar[str] = "record of folds and seeds"
    remedy: ClassVar[str] = "run edgeml train with --folds or --seeds again"

    schema_: Literal[1] = Field(default=1, alias="schema")
    folds: int
    seeds: int
    split: str
    figures: tuple[RepeatFigure, ...]
    rows: tuple[RepeatRow, ...]

    @property
    def complete(self) -> bool:
        """True if every fold has every seed."""
        return len(self.rows) == max(1, self.folds) * self.seeds


class RepeatSpread(Record):
    """A figure over all members.

    Attributes:
        mean: over the members.
        deviation: standard deviation over the members (n - 1); None for a single one.
        low: lower end of the 95 % interval of the mean; None for a single fold or seed.
        high: its upper end.
        members: how many there are.
    """

    mean: float
    deviation: float | None
    low: float | None
    high: float | None
    members: int

    def shown_interval(self, kind: str, signed: bool = False) -> tuple[float, float] | None:
        """The interval to print, or None: that of a share is cut at 0 and 1, which t knows nothing of.

        Args:
            kind: of the figure; "share" for a share.
            signed: the figures are differences.
        """
        if self.low is None or self.high is None:
            return None
        if kind == "share" and not signed:
            return max(self.low, 0.0), min(self.high, 1.0)
        return self.low, self.high


def spread(
    rows: Sequence[RepeatRow], name: str, model: ModelName, minus: ModelName | None = None
) -> RepeatSpread | None:
    """The spread of a figure of one model, or of its difference from another model, member by member.

    The interval is Student's t over the folds, each the mean of its seeds, with the variance of the mean
    s^2 (1/k + n_test/n_train): folds share training samples, and s^2/k alone is too small (Nadeau and Bengio,
    Inference for the generalization error, Machine Learning 52, 2003, equation 9). Seeds alone share all
    samples and differ in chance alone: s^2/k, which says nothing about other samples.

    Args:
        rows: the members.
        name: of the figure.
        model: which model.
        minus: the model that is subtracted.

    Returns:
        None if no member has it.
    """
    by_group = [
        (
            row.fold or f"seed {row.seed}",
            row.values[model][name] - (row.values[minus][name] if minus else 0.0),
        )
        for row in rows
        if all(name in row.values.get(one, {}) for one in (model, minus) if one)
    ]
    if not by_group:
        return None
    values = np.array([value for _, value in by_group])
    groups = {key: np.mean([value for other, value in by_group if other == key]) for key, _ in by_group}
    count, mean = len(groups), float(np.mean(values))
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else None
    low = high = None
    if count > 1:
        from scipy import stats

        shared = float(np.mean([row.tested / row.trained for row in rows])) if rows[0].fold else 0.0
        wide = float(np.std(list(groups.values()), ddof=1)) * np.sqrt(1 / count + shared)
        half = float(stats.t.ppf(0.975, count - 1)) * wide
        low, high = mean - half, mean + half
    return RepeatSpread(mean=mean, deviation=deviation, low=low, high=high, members=len(values))
