"""`--confirm synth`: counts take the place of estimates, and limits hold for them; no tool runs here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgeml.errors import EdgemlError
from edgeml.explore.confirm import confirmed
from edgeml.explore.record import TrialRow
from edgeml.explore.request import StudyLimit, StudyRequest
from edgeml.figures import Figure, Hardware, Usage
from edgeml.pipeline.hardware import Synthesis
from edgeml.runs import Run
from tests.explore.made_up import many_rows, question


def counted(
    monkeypatch: pytest.MonkeyPatch, root: Path, lut: float | None, most: float
) -> tuple[TrialRow, TrialRow, list[Any]]:
    """A row, what its confirmation makes of it, and the layouts that were asked for."""
    asked: list[Any] = []
    limits = (StudyLimit(metric="lut", most=most, stated=f"{most:g}"),)
    request: StudyRequest = question(limits=limits)
    row = many_rows(request, 1)[0]

    def synthesis(run: Path, board: Any, request: Any, *_: object) -> Synthesis:
        asked.append((run, board.name, request.settings["mode"]))
        if lut is None:
            return Synthesis(root, None, not_run="vivado is not installed")
        total = Usage(lut=Figure(value=lut))
        return Synthesis(root, Hardware(design="verilog", part=board.part, source="synthesis", total=total))

    monkeypatch.setattr("edgeml.pipeline.hardware.synth", synthesis)
    monkeypatch.setattr(Run, "open", staticmethod(lambda folder: folder))
    return row, confirmed(root, request, row, lambda _: None), asked


def test_a_count_takes_the_place_of_the_estimate(monkeypatch, tmp_path: Path) -> None:
    row, done, asked = counted(monkeypatch, tmp_path, lut=1234.0, most=100_000)
    assert asked == [(tmp_path / "trials/0", "pynq-z2", "parallel")]
    assert done.confirmed["lut"] == Figure(value=1234.0)
    assert done.tool == "synthesis" and done.excess == {}
    assert done.figures == row.figures  # the estimate is kept beside it


def test_a_trial_whose_count_breaks_a_limit_is_proposed_no_more(monkeypatch, tmp_path: Path) -> None:
    _, done, _ = counted(monkeypatch, tmp_path, lut=60_000.0, most=50_000)
    assert list(done.excess) == ["lut"] and (done.excess["lut"] or 0) > 0


def test_a_tool_that_is_missing_ends_in_its_name(monkeypatch, tmp_path: Path) -> None:
    with pytest.raises(EdgemlError, match="vivado is not installed"):
        counted(monkeypatch, tmp_path, lut=None, most=50_000)
