"""explore.json of a study: the front, what every trial was and gave, and what no trial keeps.

Invariant: a trial of the front keeps every limit with the unfavourable end of its figures; the columns have
one entry for every trial, in the order of their numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import Field

from edgeml.documents import Document, Record
from edgeml.explore.knob import Choice
from edgeml.explore.request import StudyLimit, StudyRequest
from edgeml.explore.trial import TrialStage
from edgeml.figures import Figure

FILE = "explore.json"


class RowState(StrEnum):
    """The ends of a trial."""

    TRAINED = "trained"
    """The whole training; its figures are final."""

    DROPPED = "dropped"
    """Others of its generation were more promising."""

    FAILED = "failed"
    """It could not be made; its row says why."""


class TrialRow(Record):
    """One trial.

    Attributes:
        number: of it, from 0.
        state: how it ended.
        stage: the last one that it went through; None if the first one failed.
        point: a choice by dimension.
        lines: assignments of `edgeml train --set`.
        design_lines: assignments of `--set` for the design.
        score: of that stage, see `edgeml.explore.trial.TrialOutcome`.
        figures: by metric; without a training those of the rounded float baseline.
        test_percent: figure of the task on the test part.
        excess: by limited metric that is above its limit, how far in the unit of the metric; None where the
            metric is not known.
        epochs: of quantization-aware training.
        graph: digest of the exact graph.
        seconds: of all its stages.
        same_as: the earlier trial with the same settings, whose result this one has; None without.
        reason: why it failed.
        confirmed: figures by metric that a tool counted afterwards; () where none did.
        tool: which one.
    """

    number: int
    state: RowState
    stage: TrialStage | None = None
    point: dict[str, Choice]
    lines: tuple[str, ...]
    design_lines: tuple[str, ...]
    score: float | None = None
    figures: dict[str, Figure] = Field(default_factory=dict)
    test_percent: float | None = None
    excess: dict[str, float | None] = Field(default_factory=dict)
    epochs: int = 0
    graph: str = ""
    seconds: float = 0.0
    same_as: int | None = None
    reason: str = ""
    confirmed: dict[str, Figure] = Field(default_factory=dict)
    tool: str = ""

    @property
    def keeps(self) -> bool:
        """True if it is trained and above no limit."""
        return self.state is RowState.TRAINED and not self.excess

    def figure(self, metric: str) -> Figure | None:
        """A figure: what a tool counted, else the estimate."""
        return self.confirmed.get(metric) or self.figures.get(metric)


class TrialColumns(Record):
    """All trials, a list per column.

    Attributes:
        states: of each.
        keeps: whether it keeps all limits.
        values: by metric.
        points: by dimension.
        test_percent: on the test part.
    """

    states: tuple[RowState, ...] = ()
    keeps: tuple[bool, ...] = ()
    values: dict[str, tuple[float | None, ...]] = Field(default_factory=dict)
    points: dict[str, tuple[Choice | None, ...]] = Field(default_factory=dict)
    test_percent: tuple[float | None, ...] = ()

    def __len__(self) -> int:
        return len(self.states)


class BindingLimit(Record):
    """A limit that no trial keeps together with the others.

    Attributes:
        limit: it.
        nearest: by how much the trial that misses all limits least is above it, in the unit of the metric; 0
            if it keeps it.
        alone: the least value of any trial; None if it is not known.
        trial: the number of the trial that misses them least.
    """

    limit: StudyLimit
    nearest: float
    alone: float | None
    trial: int


class StudyRecord(Document):
    """The content of explore.json.

    Attributes:
        request: the question.
        trials: how many were asked for.
        measure: what accuracy is: "accuracy", "R2".
        float_percent: of the float baseline on the validation part.
        float_test_percent: the same on the test part.
        judged: samples of the validation part.
        no_sensitivity: why no trial began with widths by sensitivity; "" if some did.
        own: trial 0, the preset as it is, within the ranges.
        front: the trials that keep all limits and that no other beats, by the first objective, best first.
        knee: the number of the trial at its knee; None without a front.
        binding: where there is no front, the limits that stand in the way.
        columns: all trials.
        failures: reasons of failed trials, and how many have each.
        trial_seconds: of the work of all trials, over all processes.
        search_seconds: of choosing and keeping them, in this process.
        wall_seconds: from begin to end, pauses between commands left out.
        jobs: processes of the last command.
    """

    what: ClassVar[str] = "record of a study"
    remedy: ClassVar[str] = "run edgeml explore again, which writes it anew from the study's storage"

    schema_: Literal[1] = Field(default=1, alias="schema")
    request: StudyRequest
    trials: int
    measure: str
    float_percent: float
    float_test_percent: float
    judged: int
    no_sensitivity: str = ""
    own: TrialRow | None = None
    front: tuple[TrialRow, ...] = ()
    knee: int | None = None
    binding: tuple[BindingLimit, ...] = ()
    columns: TrialColumns = TrialColumns()
    failures: dict[str, int] = Field(default_factory=dict)
    trial_seconds: float = 0.0
    search_seconds: float = 0.0
    wall_seconds: float = 0.0
    jobs: int = 1

    @property
    def counts(self) -> Mapping[RowState, int]:
        """The number of trials that ended in each way."""
        return {state: self.columns.states.count(state) for state in RowState}
