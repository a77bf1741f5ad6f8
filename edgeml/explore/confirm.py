"""Synthesis of the front: what a tool counts takes the place of the estimate, and the front is drawn anew.

Invariant: a trial that breaks a limit by the tool's count is proposed no more.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from edgeml.errors import EdgemlError
from edgeml.explore.judge import excess_of
from edgeml.explore.metric import TrialFacts
from edgeml.explore.record import TrialRow
from edgeml.explore.request import StudyRequest
from edgeml.explore.target import TargetKind
from edgeml.explore.trial import FOLDER
from edgeml.runs import Run
from edgeml.settings import set_values


def check_confirmable(request: StudyRequest) -> None:
    """Refuse what no synthesis here can confirm.

    Raises:
        EdgemlError: the target is a microcontroller, or the design an hls4ml project.
    """
    if request.target is TargetKind.MCU:
        raise EdgemlError("is counted already", "--confirm synth", "leave it out for a microcontroller")
    if request.design != "verilog":
        raise EdgemlError(
            "synthesizes edgeml's Verilog",
            "--confirm synth",
            "use --design verilog, or run the HLS tool on a pick",
        )


def confirmed(root: Path, request: StudyRequest, row: TrialRow, tell: Callable[[str], None]) -> TrialRow:
    """A trial of the front with the counts of a synthesis.

    Args:
        root: STUDY.
        request: the question.
        row: the trial, whose run folder the study has.
        tell: called with what begins.

    Raises:
        EdgemlError: a tool is missing or failed, or an integer differs.
    """
    from edgeml.estimate import Ledger
    from edgeml.pipeline.hardware import synth
    from edgeml.synth.request import Request

    board = request.place.board
    assert board is not None
    run = Run.open(root / FOLDER / str(row.number))
    settings = set_values({}, row.design_lines).get("verilog", {})
    ledger = Ledger(root / "ledger.jsonl")
    done = synth(run, board, Request(until="synthesis", settings=settings), ledger, tell)
    if done.hardware is None:
        raise EdgemlError(done.not_run or "no tool here counts it", board.name, "see edgeml doctor")
    facts = TrialFacts(0.0, 0.0, done.hardware)
    counted = {
        name: figure
        for name, metric in request.metrics.items()
        if not name.startswith("accuracy") and (figure := metric.value(facts)) is not None
    }
    return row.model_copy(
        update={
            "confirmed": counted,
            "tool": done.hardware.source,
            "excess": excess_of(request.limits, {**row.figures, **counted}),
        }
    )
