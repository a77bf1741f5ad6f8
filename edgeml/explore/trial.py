"""One trial in a process of its own, stage by stage: rounded, trained for some epochs, trained to the end.

The first stage rounds the float baseline to the trial's formats and trains nothing; it costs a second or
so and gives nearly the final resources. The second is a beginning of the training, with which the last one
goes on.
STUDY/trials/N is the run folder of trial N, the one that `edgeml train` makes with the trial's settings.

Invariant: a trial's result follows from its settings and seed; it does not depend on where its training was
paused or which process went on with it.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from edgeml.documents import Record
from edgeml.explore import baseline
from edgeml.explore.baseline import moved_request, study_choices
from edgeml.explore.metric import TrialFacts
from edgeml.explore.paused import Paused, Pausing
from edgeml.explore.request import StudyRequest
from edgeml.figures import Figure, Hardware
from edgeml.pipeline.cluster import Cargo, sources_of
from edgeml.presets.stored import COLUMNS_FILE, TABLE_FILE
from edgeml.runs import Run

if TYPE_CHECKING:
    from edgeml.footprint import McuFit
    from edgeml.ir import Graph
    from edgeml.pipeline.pool import JobTell
    from edgeml.presets import Choices, Prepared, Preset

FOLDER = "trials"


class TrialStage(StrEnum):
    """The stages of a trial."""

    ROUNDED = "rounded"
    """The float baseline in the formats of the trial, without training."""

    BEGUN = "begun"
    """Quantization-aware training for a part of the epochs."""

    TRAINED = "trained"
    """The whole training."""


class TrialOutcome(Record):
    """The result of one stage of a trial.

    Attributes:
        stage: which.
        score: what trials of one stage are compared by, the highest is the best: the figure of the task in
            percent, or of a begun training without one the loss on the validation part below zero.
        epochs: of quantization-aware training.
        figures: by metric; () for a begun training, which has none of its own.
        test_percent: of the task on the test part, after the whole training.
        graph: digest of the exact graph, after the whole training.
        seconds: that the stage took.
    """

    stage: TrialStage = Field(strict=False)
    score: float
    epochs: int = 0
    figures: dict[str, Figure] = Field(default_factory=dict)
    test_percent: float | None = None
    graph: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class TrialJob:
    """One stage of a trial.

    Attributes:
        root: STUDY.
        request: the question.
        number: of the trial.
        lines: assignments of `edgeml train --set`.
        design_lines: assignments of `--set` for the design.
        stage: which one.
        epochs: of a begun training.
        float_percent: of the float baseline of the study's own sizes on the validation part.
        base: run folder of the baseline that it starts from, from STUDY.
    """

    root: Path
    request: StudyRequest
    number: int
    lines: tuple[str, ...]
    design_lines: tuple[str, ...]
    stage: TrialStage
    epochs: int
    float_percent: float
    base: str = baseline.FOLDER

    @property
    def title(self) -> str:
        """Its name in a few words."""
        return f"trial {self.number}"

    @property
    def folder(self) -> Path:
        """Its run folder."""
        return self.root / FOLDER / str(self.number)

    @property
    def place(self) -> str:
        """Its run folder, for messages."""
        return str(self.folder)

    def cargo(self) -> Cargo:
        """Its files: its run folder, and that of the baseline."""
        base = Run.open(self.root / self.base)
        names = ("config.toml", base.float_file.name, base.history_file.name, TABLE_FILE, COLUMNS_FILE)
        shared = tuple(f"{self.base}/{name}" for name in names if (base.folder / name).is_file())
        outside, datasets = sources_of(self.request.preset, base.config.data)
        return Cargo(self.root, f"{FOLDER}/{self.number}", shared, outside, datasets)

    def moved(self, root: Path, outside: Mapping[str, str]) -> TrialJob:
        """The same on another machine."""
        return replace(self, root=root, request=moved_request(self.request, outside))

    def run(self, tell: JobTell) -> TrialOutcome:
        """The result of the stage.

        Raises:
            EdgemlError: the design cannot be made, training diverges, or the disk is full.
            KeyboardInterrupt: the training is saved; the same job goes on from there.
        """
        began = time.monotonic()
        tell(f"{self.title}: {self.stage}")
        preset, choices = study_choices(self.request, self.lines)
        if self.stage is TrialStage.ROUNDED:
            result = self._rounded(preset, choices)
        else:
            result = self._trained(preset, choices, tell)
        return result.model_copy(update={"seconds": round(time.monotonic() - began, 3)})

    def _rounded(self, preset: Preset, choices: Choices) -> TrialOutcome:
        """The float baseline, rounded."""
        from edgeml.explore.rounded import rounded_graph
        from edgeml.explore.scoring import score_graph

        base = Run.open(self.root / self.base)
        data = base.data()
        graph = rounded_graph(preset, choices, base, data)
        percent, _ = score_graph(graph, data)
        return TrialOutcome(
            stage=self.stage, score=percent, figures=self._figures(graph, choices, data, percent)
        )

    def _trained(self, preset: Preset, choices: Choices, tell: JobTell) -> TrialOutcome:
        """Some or all epochs of quantization-aware training."""
        from edgeml.explore.scoring import score_graph
        from edgeml.pipeline.artefacts import lower
        from edgeml.training.train import train

        self._begin(preset, choices)
        try:
            until = self.epochs if self.stage is TrialStage.BEGUN else None
            run = train(preset, self.folder, choices, Pausing(tell, self.title, until))
        except Paused:
            return _begun(Run.open(self.folder))
        if self.stage is TrialStage.BEGUN:  # early stopping was faster
            return _begun(run)
        graph = lower(run)
        data = run.data()
        percent, test_percent = score_graph(graph, data)
        return TrialOutcome(
            stage=self.stage,
            score=percent,
            epochs=_begun(run).epochs,
            figures=self._figures(graph, choices, data, percent),
            test_percent=test_percent,
            graph=graph.digest,
        )

    def _begin(self, preset: Preset, choices: Choices) -> None:
        """The run folder with the float baseline's weights, if it is not there yet."""
        from edgeml.files import staged_path
        from edgeml.presets import prepare
        from edgeml.presets.stored import write_fitted
        from edgeml.runconfig import RunConfig
        from edgeml.training.task import with_task

        base = Run.open(self.root / self.base)
        if (self.folder / "config.toml").is_file() and Run.open(self.folder).float_file.is_file():
            return
        chosen, _ = with_task(preset, choices)
        data = prepare(chosen.data)
        run = Run.create(self.folder, RunConfig.of(preset, chosen, data))
        write_fitted(run.folder, data)
        for source, target in ((base.history_file, run.history_file), (base.float_file, run.float_file)):
            with staged_path(target) as temporary:
                shutil.copyfile(source, temporary)

    def _figures(self, graph: Graph, choices: Choices, data: Prepared, percent: float) -> dict[str, Figure]:
        """All metrics that are known of a graph."""
        target = self.request.place
        hardware = fit = None
        if target.board is not None:
            hardware = hardware_of(graph, choices, self.request, self.design_lines)
        else:
            fit = _fit(graph, self.request, data)
        facts = TrialFacts(percent, self.float_percent, hardware, fit)
        figures = {name: metric.value(facts) for name, metric in self.request.metrics.items()}
        return {name: figure for name, figure in figures.items() if figure is not None}


def hardware_of(
    graph: Graph, choices: Choices, request: StudyRequest, design_lines: tuple[str, ...]
) -> Hardware:
    """The estimate of a design, without results of earlier syntheses, which are no part of a study.

    Raises:
        EdgemlError: the design cannot be made or targeted.
    """
    from edgeml.boards.target import TargetRequest
    from edgeml.estimate import estimate
    from edgeml.synth import wish

    board, targets = request.place.board, choices.targets
    assert board is not None
    layout = {key: getattr(targets, key) for key in ("io_type", "strategy", "reuse_factor")}
    stated = TargetRequest(targets.board, targets.clock_mhz, targets.hls_backend)
    _, options = wish.settings(stated, layout, {}, design_lines, board)
    return estimate(graph, board, request.design, options.get(request.design, {}))


def _fit(graph: Graph, request: StudyRequest, data: Prepared) -> McuFit:
    """The footprint of the C on the microcontroller, measured with GCC and QEMU.

    Raises:
        EdgemlError: the C cannot be written or measured.
    """
    from edgeml import backends
    from edgeml.errors import EdgemlError
    from edgeml.footprint import fit, footprint
    from edgeml.ir import input_codes
    from edgeml.scratch import scratch_folder

    mcu = request.place.mcu
    assert mcu is not None
    backend = backends.load("c")
    with scratch_folder() as folder:
        backend.emit(graph, backend.options({})).write(Path(folder) / "c")
        measured = footprint(Path(folder), graph, lambda: _codes(graph, data, input_codes), [mcu.core])
    result = fit(mcu, measured)
    if result.figures is None:
        raise EdgemlError(result.reason or "could not be measured", mcu.name)
    return result


def _codes(graph: Graph, data: Prepared, input_codes: Any) -> Any:
    from edgeml.footprint.measure import SAMPLES
    from edgeml.ir.samples import feeds

    return input_codes(graph, feeds(graph, data.x_val[:SAMPLES]))


def _begun(run: Run) -> TrialOutcome:
    """The best epoch so far of a training that is paused or done."""
    from edgeml.training.history import read_history
    from edgeml.training.state import load_state

    if run.model_file.is_file():
        rows = [row for row in read_history(run.history_file) if row.phase == "qat"]
    else:
        rows = list(load_state(run.state_file).rows)
    accuracies = [row.val_accuracy for row in rows if row.val_accuracy is not None]
    score = 100 * max(accuracies) if accuracies else -min(row.val_loss for row in rows)
    return TrialOutcome(stage=TrialStage.BEGUN, score=round(score, 6), epochs=len(rows))
