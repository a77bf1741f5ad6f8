"""Facts of the repeated training."""

from __future__ import annotations

from typing import ClassVar

from edgeml.documents import Record
from edgeml.report.numbers import Number
from edgeml.report.section import RunPart, SectionFacts
from edgeml.training.repeats import ModelName, RepeatFigure, RepeatRow, RepeatSpread


class ModelSpread(Record):
    """A figure over all members, of one model; `minus` names the model it is the difference from."""

    figure: str
    model: ModelName
    minus: ModelName | None = None
    spread: RepeatSpread


class RepeatFacts(SectionFacts):
    """Facts of the repeated training.

    Attributes:
        folds: how many folds; 0 for none.
        fold_seeds: how many seeds per fold.
        fold_split: how the folds were cut.
        fold_figures: of the task.
        fold_rows: the members that are done.
        fold_spread: mean, standard deviation and interval of each figure and model.
        fold_note: what is not done yet; "" if all is.
    """

    may_be_missing: ClassVar[tuple[str, ...]] = ("fold_rows",)

    folds: int = 0
    fold_seeds: int = 0
    fold_split: str = ""
    fold_figures: tuple[RepeatFigure, ...] = ()
    fold_rows: tuple[RepeatRow, ...] = ()
    fold_spread: tuple[ModelSpread, ...] = ()
    fold_note: str = ""


class RepeatedRow(RunPart):
    """The first figure of a run's exact graph over its folds and seeds.

    Attributes:
        repeated: the mean, with its interval.
        repeated_note: the deviation, and over how many members.
        repeated_kind: how the mean is written, see `edgeml.report.words.number`.
    """

    repeated: Number
    repeated_note: str = ""
    repeated_kind: str = "amount"
