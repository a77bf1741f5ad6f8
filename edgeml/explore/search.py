"""The search: generation by generation, stage by stage, until all trials are done.

A generation is asked for at once. All of its trials are rounded; the more promising ones begin training,
and the more promising ones of these end it (successive halving). The preset as it is, trial 0, is trained
to the end in any case, to compare with.

Invariant: what is kept and dropped depends on the results of whole stages, never on which was ready first; a
search that was interrupted ends with the rows of one that was not.
"""

from __future__ import annotations

import errno
import math
import os
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.explore import baseline
from edgeml.explore.baseline import (
    Baseline,
    BaselineJob,
    base_file,
    base_folder,
    study_choices,
    study_space,
)
from edgeml.explore.front import survivors
from edgeml.explore.judge import (
    binding,
    columns_of,
    costs_of,
    excess_of,
    front_rows,
    shares_of,
    values_of,
)
from edgeml.explore.knob import Choice
from edgeml.explore.planned import planned_points
from edgeml.explore.record import FILE, RowState, StudyRecord, TrialRow
from edgeml.explore.request import StudyRequest
from edgeml.explore.space import SizedTopology
from edgeml.explore.storage import StudyStorage, check_reachable, default_url
from edgeml.explore.trial import FOLDER, TrialJob, TrialOutcome, TrialStage
from edgeml.figures import Figure
from edgeml.pipeline.pool import JobPool
from edgeml.quoting import shell

_KEPT_ROUNDED = 2 / 3
_KEPT_BEGUN = 1 / 2
_BEGIN_SHARE = 0.25
"""The share of the epochs after which a begun training is judged."""

_RECORD_SHARE = 0.02
"""The record is written as often as it takes at most this share of the time."""


class SearchView(Protocol):
    """Receives what happens in a search."""

    def tell(self, line: str) -> None:
        """A line about work that begins, or "" as a sign of life."""

    def row(self, row: TrialRow, record: StudyRecord) -> None:
        """A trial ended."""


class SilentView:
    """Ignores everything."""

    def tell(self, line: str) -> None:
        """Do nothing."""

    def row(self, row: TrialRow, record: StudyRecord) -> None:
        """Do nothing."""


@dataclass
class Running:
    """A trial of the current generation.

    Attributes:
        number: of it.
        point: a choice by dimension that has an effect.
        lines: assignments for training.
        design_lines: assignments for the design.
        base: run folder of the baseline that it starts from.
        outcomes: of its stages.
        error: of the stage that failed.
    """

    number: int
    point: Mapping[str, Choice]
    lines: tuple[str, ...]
    design_lines: tuple[str, ...]
    base: str = baseline.FOLDER
    outcomes: list[TrialOutcome] = field(default_factory=list)
    error: EdgemlError | None = None

    @property
    def figures(self) -> dict[str, Figure]:
        """Those of the last stage that has some."""
        return next((dict(one.figures) for one in reversed(self.outcomes) if one.figures), {})


@dataclass
class Search:
    """The search of one study.

    Attributes:
        request: the question.
        root: STUDY, which the caller has locked.
        trials: how many are wanted.
        jobs: processes, for the record.
        pool: does the work.
        url: of the storage; "" for a file in STUDY.
        view: is told what happens.
    """

    request: StudyRequest
    root: Path
    trials: int
    jobs: int
    pool: JobPool
    url: str = ""
    view: SearchView = field(default_factory=SilentView)

    def __post_init__(self) -> None:
        self.rows: dict[int, TrialRow] = {}
        self._began = time.monotonic()
        self._waited = self._wrote = self._writing = 0.0
        self._earlier = _earlier(self.root)

    def run(self) -> StudyRecord:
        """The record of the study with all trials.

        Raises:
            EdgemlError: the baseline cannot be trained, every design fails, the storage cannot be used, or
                the disk is full; what was told is kept.
            KeyboardInterrupt: likewise.
        """
        if self.url:
            check_reachable(self.url)
        self.base = self._own_baseline()
        self._bases: dict[str, Baseline | EdgemlError] = {"": self.base}
        self.space = study_space(self.request, self.base)
        planned = dict(enumerate(planned_points(self.space, self.base.sensitivity, self.base.preset_layers)))
        self.storage = StudyStorage.of(
            self.root, self.url or default_url(self.root), self.request, self.space
        )
        size = self.request.generation
        try:
            self.rows = self.storage.rows() | self.storage.confirmed()
            for begin in range(0, self.trials, size):
                numbers = range(begin, min(begin + size, self.trials))
                if all(number in self.rows for number in numbers):
                    continue
                self._generation(numbers, planned)
                self._write(soon=False)
        finally:
            self.storage.close()
            if self.rows:
                self._write(soon=True)
        return self.record()

    def _own_baseline(self) -> Baseline:
        """The float baseline of the study's own sizes."""
        result = self._baselines([SizedTopology()])[""]
        if isinstance(result, EdgemlError):
            raise result
        return result

    def _baselines(self, topologies: Iterable[SizedTopology]) -> dict[str, Baseline | EdgemlError]:
        """The float baselines of topologies by their names: from their files, or trained now.

        Raises:
            EdgemlError: the disk is full.
        """
        by_name = {one.name: one for one in topologies}
        files = {name: base_file(self.root, one) for name, one in by_name.items()}
        there: dict[str, Baseline | EdgemlError] = {}
        there |= {name: Baseline.read(path) for name, path in files.items() if path.is_file()}
        missing = [one for name, one in by_name.items() if name not in there]
        began = time.monotonic()
        jobs = [BaselineJob(self.root, self.request, one) for one in missing]
        for index, result in self.pool.results(jobs, self.view.tell):
            there[missing[index].name] = result
            if isinstance(result, EdgemlError):
                refuse_full(result, self.root)
            else:
                result.write(files[missing[index].name])
        self._waited += time.monotonic() - began
        return there

    def _generation(self, numbers: Sequence[int], planned: Mapping[int, Mapping[str, Choice]]) -> None:
        """Ask for a generation, work on it and tell its ends."""
        points = self.storage.ask(numbers, planned)
        running = self._running({number: one for number, one in points.items() if number not in self.rows})
        twins = self._same(running)
        left = [one for one in running if one.number not in twins and one.error is None]
        for stage, share in self._stages():
            self._stage(left, stage)
            left = [one for one in left if one.error is None]
            if share < 1:
                left = self._promising(left, stage, share)
        for one in running:
            if one.number not in twins:
                self._tell(self._row(one))
        for one in running:
            if one.number in twins:
                self._tell(self._repeated(one, self.rows[twins[one.number]]))
        self._tidy()

    def _running(self, points: Mapping[int, Mapping[str, Choice]]) -> list[Running]:
        """The trials at points, with the float baselines that they start from."""
        topologies = {number: self.space.topology(point) for number, point in points.items()}
        self._bases |= self._baselines(one for one in topologies.values() if one.name not in self._bases)
        running: list[Running] = []
        for number, point in points.items():
            topology = topologies[number]
            base = self._bases[topology.name]
            error = base if isinstance(base, EdgemlError) else None
            used = self.space.used(point, self.base.names if isinstance(base, EdgemlError) else base.names)
            lines, design_lines = self.space.lines(used), self.space.design_lines(used)
            running.append(Running(number, used, lines, design_lines, base_folder(topology), error=error))
        return running

    def _stages(self) -> list[tuple[TrialStage, float]]:
        """The stages, each with the share of its trials that goes on."""
        learned = any(layer.role == "learned" for layer in self.base.layers)
        rounded = (
            [] if learned else [(TrialStage.ROUNDED, _KEPT_ROUNDED)]
        )  # they have no widths before training
        return [*rounded, (TrialStage.BEGUN, _KEPT_BEGUN), (TrialStage.TRAINED, 1.0)]

    def _same(self, running: Sequence[Running]) -> dict[int, int]:
        """The trials whose settings an earlier one has, by number."""
        number_of = {
            (row.lines, row.design_lines): row.number for row in self.rows.values() if row.same_as is None
        }
        twins: dict[int, int] = {}
        for one in running:
            key = (one.lines, one.design_lines)
            if key in number_of:
                twins[one.number] = number_of[key]
            else:
                number_of[key] = one.number
        return twins

    def _stage(self, running: Sequence[Running], stage: TrialStage) -> None:
        """Work on one stage of some trials; their outcome or error is added to them."""
        epochs = self._epochs()
        jobs = [
            TrialJob(
                self.root, self.request, one.number, one.lines, one.design_lines, stage, epochs,
                self.base.percent, one.base,
            )
            for one in running
        ]  # fmt: skip
        began = time.monotonic()
        for index, result in self.pool.results(jobs, self.view.tell):
            if isinstance(result, EdgemlError):
                refuse_full(result, self.root)
                running[index].error = result
            else:
                running[index].outcomes.append(result)
        self._waited += time.monotonic() - began
        if running and all(one.error is not None for one in running) and not self.rows:
            first = running[0].error
            assert first is not None
            raise first

    def _epochs(self) -> int:
        """The epochs of a begun training."""
        _, choices = study_choices(self.request)
        return max(1, math.ceil(_BEGIN_SHARE * choices.training.epochs))

    def _promising(self, left: Sequence[Running], stage: TrialStage, share: float) -> list[Running]:
        """The trials that go on; the preset as it is always does."""
        if not left:
            return []
        # Rounding alone says little of what training makes of the accuracy: only other limits count then.
        limits = [
            one
            for one in self.request.limits
            if stage is not TrialStage.ROUNDED or not one.metric.startswith("accuracy")
        ]
        costs, excess = [], []
        for one in left:
            figures = dict(one.figures)
            score = one.outcomes[-1].score
            if stage is TrialStage.BEGUN and "accuracy" in figures:
                figures |= _reached(score, self.base.percent)
            costs.append(costs_of(self.request.objectives, figures))
            excess.append(sum(shares_of(limits, figures, sure=True).values()))
        chosen = set(survivors(np.array(costs), np.array(excess), math.ceil(share * len(left))))
        return [one for index, one in enumerate(left) if index in chosen or one.number == 0]

    def _row(self, one: Running) -> TrialRow:
        """The end of a trial."""
        last = one.outcomes[-1] if one.outcomes else None
        trained = last is not None and last.stage is TrialStage.TRAINED
        figures = one.figures
        state = RowState.FAILED if one.error else RowState.TRAINED if trained else RowState.DROPPED
        return TrialRow(
            number=one.number,
            state=state,
            stage=last.stage if last else None,
            point=dict(one.point),
            lines=one.lines,
            design_lines=one.design_lines,
            score=last.score if last else None,
            figures=figures,
            test_percent=last.test_percent if last else None,
            excess=excess_of(self.request.limits, figures) if trained else {},
            epochs=last.epochs if last else 0,
            graph=last.graph if last else "",
            seconds=round(sum(outcome.seconds for outcome in one.outcomes), 3),
            reason=str(one.error) if one.error else "",
        )

    def _repeated(self, one: Running, twin: TrialRow) -> TrialRow:
        """The row of a trial with the settings of another one."""
        changed = {"number": one.number, "point": dict(one.point), "same_as": twin.number, "seconds": 0.0}
        return twin.model_copy(update=changed)

    def _tell(self, row: TrialRow) -> None:
        """Keep a row in the storage, and show it."""
        shares = shares_of(self.request.limits, row.figures)
        values = values_of(self.request.objectives, row.figures)
        self.storage.tell(row, values, [shares[limit.metric] for limit in self.request.limits])
        self.rows[row.number] = row
        self.view.row(row, self.record(brief=True))

    def _tidy(self) -> None:
        """Delete the run folders of trials that are not on the front; they can be trained again."""
        front, _ = front_rows(self.request, list(self.rows.values()))
        places = {str(row.number) for row in front} | {"0"}
        folder = self.root / FOLDER
        for place in folder.iterdir() if folder.is_dir() else ():
            if place.name not in places:
                with suppress(OSError):
                    shutil.rmtree(place)

    def record(self, brief: bool = False) -> StudyRecord:
        """The record of the trials that ended.

        Args:
            brief: without the columns, for what shows the search while it goes on.
        """
        rows = [self.rows[number] for number in sorted(self.rows)]
        front, knee = front_rows(self.request, rows)
        wall = time.monotonic() - self._began
        failures: dict[str, int] = {}
        for row in rows:
            if row.reason:
                failures[row.reason] = failures.get(row.reason, 0) + 1
        return StudyRecord(
            request=self.request,
            trials=self.trials,
            measure=self.base.measure,
            float_percent=self.base.percent,
            float_test_percent=self.base.test_percent,
            judged=self.base.judged,
            no_sensitivity=self.base.no_sensitivity,
            own=self.rows.get(0),
            front=front,
            knee=knee,
            binding=binding(self.request, rows),
            columns=columns_of(self.request, [] if brief else rows),
            failures=failures,
            trial_seconds=round(sum(row.seconds for row in rows), 3),
            search_seconds=round(self._earlier[0] + wall - self._waited, 3),
            wall_seconds=round(self._earlier[1] + wall, 3),
            jobs=self.jobs,
        )

    def leave_out(self, seconds: float) -> None:
        """Count so many seconds of other work as none of the search."""
        self._waited += seconds

    def keep(self) -> None:
        """Write explore.json and the pages."""
        self._write(soon=True)

    def _write(self, soon: bool) -> None:
        """Write explore.json and the pages; at the end, or if that takes little of the time."""
        from edgeml.explore.page import write_pages

        now = time.monotonic()
        if not soon and self._writing > _RECORD_SHARE * (now - self._wrote):
            return
        record = self.record()
        record.write(self.root / FILE)
        write_pages(record, self.root)
        self._writing, self._wrote = time.monotonic() - now, time.monotonic()


def _reached(score: float, float_percent: float) -> dict[str, Figure]:
    return {
        "accuracy": Figure(value=score),
        "accuracy_loss": Figure(value=float_percent - score),
    }


def _earlier(root: Path) -> tuple[float, float]:
    """Seconds of searching, and of everything, of earlier commands."""
    with suppress(EdgemlError):
        if (root / FILE).is_file():
            record = StudyRecord.read(root / FILE)
            return record.search_seconds, record.wall_seconds
    return 0.0, 0.0


def refuse_full(error: EdgemlError, root: Path) -> None:
    """Raise an error that is no trial's own: a full disk ends the search, and nothing is lost.

    Raises:
        EdgemlError: there is no space left.
    """
    full = [os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT)]
    if any(text in error.what for text in full):
        hint = f"free some space, and the same command goes on: {shell(str(root))} keeps what is done"
        raise EdgemlError(error.what, error.where, hint)
