"""A search without training: outcomes that follow from the settings of a trial by a formula, in a moment."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.explore.baseline import Baseline, BaselineJob, LayerRecord
from edgeml.explore.judge import columns_of, excess_of, front_rows
from edgeml.explore.knob import LayerRole
from edgeml.explore.record import RowState, StudyRecord, TrialRow
from edgeml.explore.request import StudyLimit, StudyRequest
from edgeml.explore.space import SizedTopology
from edgeml.explore.target import TargetKind
from edgeml.explore.trial import TrialJob, TrialOutcome, TrialStage
from edgeml.figures import Figure
from edgeml.pipeline.pool import JobPool, JobTell, PoolJob
from edgeml.ptq.record import SensitivityRow

FLOAT = 98.0
LAYERS = (
    LayerRecord(name="fc1", role=LayerRole.WEIGHTS, parameters=2000),
    LayerRecord(name="act1", role=LayerRole.ACTIVATIONS, parameters=0),
    LayerRecord(name="logits", role=LayerRole.WEIGHTS, parameters=300),
)
COSTS: tuple[tuple[str, Literal["weights", "result"], float], ...] = (
    ("fc1", "weights", 1.0),
    ("act1", "result", 2.0),
    ("logits", "weights", 0.5),
)
BASE = Baseline(
    layers=LAYERS,
    measure="accuracy",
    percent=FLOAT,
    test_percent=97.0,
    judged=360,
    sensitivity=tuple(
        SensitivityRow(
            layer=layer, tensor=tensor, bits=bits, loss=scale * 2.0 ** (4 - bits), sqnr_db=6.0 * bits
        )
        for layer, tensor, scale in COSTS
        for bits in (2, 3, 4, 5, 6, 7)
    ),
)


def question(**changes: Any) -> StudyRequest:
    """A study of digits_mlp on pynq-z2."""
    values: dict[str, Any] = {
        "preset": "digits_mlp",
        "target": TargetKind.BOARD,
        "target_name": "pynq-z2",
        "design": "verilog",
        "objectives": ("accuracy", "lut"),
        "limits": (StudyLimit(metric="accuracy_loss", most=3.0, stated="3"),),
        "generation": 6,
        "edgeml": "0",
        "knobs": ("weight_bits", "activation_bits", "clock"),
    }
    return StudyRequest(**values | changes)


def outcome(job: TrialJob) -> TrialOutcome:
    """Fewer bits cost accuracy and save LUTs; a slower clock saves flip-flops."""
    bits = [int(line.rpartition("=")[2]) for line in job.lines if line.startswith("quantizers")]
    clock = next((float(line.rpartition("=")[2]) for line in job.lines if "clock" in line), 100.0)
    lost = sum(3.0 * 2.0**-one for one in bits) * (3.0 if job.stage is TrialStage.ROUNDED else 1.0)
    digest = hashlib.sha256(" ".join(job.lines).encode()).hexdigest()
    percent = FLOAT + 0.5 - lost + int(digest[:2], 16) / 2560
    lut = 300.0 * sum(one * one for one in bits)
    figures = {
        "accuracy": Figure(value=percent),
        "accuracy_loss": Figure(value=FLOAT - percent),
        "lut": Figure(value=lut, low=lut * 0.8, high=lut * 1.5),
        "ff": Figure(value=10 * clock),
        "latency": Figure(value=9000 / clock),
    }
    trained = job.stage is TrialStage.TRAINED
    return TrialOutcome(
        stage=job.stage,
        score=percent,
        epochs=0 if job.stage is TrialStage.ROUNDED else job.epochs,
        figures={} if job.stage is TrialStage.BEGUN else figures,
        test_percent=percent - 1 if trained else None,
        graph=digest if trained else "",
        seconds=1.0,
    )


def base_of(topology: SizedTopology) -> Baseline:
    """The baseline of a topology; without units in fc2 there is no act1."""
    lacks = "act1" if "fc2-0" in topology.name else ""
    return BASE.model_copy(update={"layers": tuple(one for one in LAYERS if one.name != lacks)})


class MadeUpPool(JobPool):
    """Gives results in an order of chance.

    Args:
        seed: of the order.
        fail: trials whose number this matches fail.
        stop_at: Ctrl-C comes before so many results.
        error: of the trials that fail.
        no_base: the float baseline of this topology cannot be trained.
    """

    def __init__(
        self,
        seed: int = 0,
        fail: str = "",
        stop_at: int = 0,
        error: str = "cannot be built",
        no_base: str = "",
    ) -> None:
        self.random = np.random.default_rng(seed)
        self.fail, self.stop_at, self.error = fail, stop_at, error
        self.no_base = no_base
        self.done: list[tuple[int, TrialStage]] = []
        self.bases: list[str] = []

    def results(
        self, jobs: Sequence[PoolJob[Any]], tell: JobTell = lambda _: None
    ) -> Iterator[tuple[int, Any]]:
        for index in self.random.permutation(len(jobs)):
            job = jobs[index]
            if isinstance(job, BaselineJob):
                self.bases.append(job.topology.name)
                failed = self.no_base and self.no_base == job.topology.name
                yield int(index), EdgemlError("diverges", job.title) if failed else base_of(job.topology)
                continue
            assert isinstance(job, TrialJob)
            if self.stop_at and len(self.done) >= self.stop_at:
                raise KeyboardInterrupt
            self.done.append((job.number, job.stage))
            tell(job.title)
            failed = self.fail and re.fullmatch(self.fail, str(job.number))
            yield int(index), EdgemlError(self.error, job.title) if failed else outcome(job)

    def close(self) -> None:
        """Nothing to end."""


def many_rows(request: StudyRequest, count: int) -> list[TrialRow]:
    """Rows of trials with made-up figures, one in three trained."""
    random = np.random.default_rng(1)
    rows: list[TrialRow] = []
    for number, (cost, chance) in enumerate(random.random((count, 2))):
        percent, lut = 90 + 8 * cost**0.3 - chance, float(round(1000 + 40000 * cost + 100 * chance))
        figures = {
            "accuracy": Figure(value=percent),
            "accuracy_loss": Figure(value=FLOAT - percent),
            "lut": Figure(value=lut, low=0.7 * lut, high=1.5 * lut),
            "latency": Figure(value=10.0 * (1 + number % 9)),
        }
        trained = number % 3 == 0
        rows.append(
            TrialRow(
                number=number,
                state=RowState.TRAINED if trained else RowState.DROPPED,
                stage=TrialStage.TRAINED if trained else TrialStage.ROUNDED,
                point={"weight_bits.fc1": 2 + number % 5, "weight_bits.logits": 3, "clock": 100.0},
                lines=(f"quantizers.layers.fc1.weights.bits={2 + number % 5}", "targets.clock_mhz=100.0"),
                design_lines=("verilog.mode=parallel",),
                score=percent,
                figures=figures,
                test_percent=percent - 1 if trained else None,
                excess=excess_of(request.limits, figures) if trained else {},
                graph="0" * 64 if trained else "",
                seconds=1.0,
            )
        )
    return rows


def record_of(request: StudyRequest, rows: Sequence[TrialRow]) -> StudyRecord:
    """The record of some rows."""
    front, knee = front_rows(request, rows)
    return StudyRecord(
        request=request,
        trials=len(rows),
        measure="accuracy",
        float_percent=FLOAT,
        float_test_percent=97.0,
        judged=360,
        own=rows[0] if rows else None,
        front=front,
        knee=knee,
        columns=columns_of(request, rows),
        trial_seconds=float(len(rows)),
        search_seconds=1.0,
        wall_seconds=60.0,
        jobs=2,
    )


def sample_record() -> StudyRecord:
    """A small study that is done."""
    request = question()
    return record_of(request, many_rows(request, 30))


def write_study(folder: Path, record: StudyRecord) -> None:
    """The files of a study that show it."""
    record.request.write(folder / "study.json")
    record.write(folder / "explore.json")
    BASE.write(folder / "base.json")
