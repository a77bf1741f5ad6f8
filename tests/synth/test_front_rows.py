"""The rows of the benchmark of fronts: what was interrupted goes on, and trainings are not mixed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import front, front_peer
from benchmarks.front_page import page
from benchmarks.front_rows import ECP5_FLOW, FrontLimits, FrontRow, RowsFile, read_rows
from edgeml.errors import EdgemlError

LIMITS = FrontLimits(60.0, 60.0)
ROW = FrontRow("net", 0, 0, 0.9, 0.8, 100.0, training="a", front=4)
SEVEN = {"luts": 5, "carries": 1, "registers": 2, "yosys": "0.70"}
ECP5 = {"ecp5_luts": 9, "ecp5_registers": 2, "fmax_mhz": 50.0, "placer": "nextpnr", "ecp5_passes": "p"}


def fail(what: str) -> Any:
    def figures(*arguments: object, **options: object) -> Any:
        raise EdgemlError(what, "yosys", "its output is in log")

    return figures


@pytest.fixture
def rows(tmp_path: Path) -> RowsFile:
    return RowsFile(tmp_path / "front-net.json")


def test_a_row_is_kept_before_it_is_placed_and_goes_on_from_there(
    rows: RowsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = SimpleNamespace(cells={"LUT6": 3, "LUT2": 2, "CARRY4": 1, "FDRE": 2}, version="0.70")
    monkeypatch.setattr(front.yosys, "synthesize", lambda *arguments, **options: result)
    monkeypatch.setattr(front.front_placed, "placed", fail("was interrupted"))
    with pytest.raises(EdgemlError, match="was interrupted"):
        front.counted(rows, ROW, [], "net", "clk", LIMITS)
    kept_row = replace(ROW, **SEVEN)
    assert read_rows(rows.file) == [kept_row]
    assert not rows.complete("net", 0, 1, LIMITS)
    assert rows.complete("net", 0, 1, FrontLimits(60.0, 0.0))

    monkeypatch.setattr(front.yosys, "synthesize", fail("is not called again"))
    monkeypatch.setattr(front.front_placed, "placed", lambda *arguments: ECP5)
    front.counted(rows, kept_row, [], "net", "clk", LIMITS)
    assert read_rows(rows.file) == [replace(kept_row, **ECP5)]


@pytest.mark.parametrize(("broken", "stopped"), [("seven", "Yosys for 7 series"), ("ecp5", ECP5_FLOW)])
def test_a_tool_whose_time_is_up_is_said_and_tried_again_with_more_time(
    rows: RowsFile, monkeypatch: pytest.MonkeyPatch, broken: str, stopped: str
) -> None:
    late = fail("took longer than 60 s and was stopped")
    monkeypatch.setattr(front.yosys, "synthesize", late)
    monkeypatch.setattr(front.front_placed, "placed", late)
    row = ROW if broken == "seven" else replace(ROW, **SEVEN)
    front.counted(rows, row, [], "net", "clk", LIMITS)
    assert read_rows(rows.file) == [replace(row, stopped=stopped, limit=60.0)]
    assert rows.complete("net", 0, 1, LIMITS)
    assert not rows.complete("net", 0, 1, FrontLimits(61.0, 61.0))
    assert f"- net, seed 0, 100 bit operations: {stopped}, 60 s" in list(page({"net": rows.rows}, ""))


def test_every_chosen_checkpoint_has_to_be_there(rows: RowsFile) -> None:
    for point in (0, 3):
        rows.put(replace(ROW, **SEVEN, **ECP5, point=point))
    assert rows.complete("net", 0, 2, LIMITS)
    assert not rows.complete("net", 0, 3, LIMITS)
    assert not rows.complete("net", 1, 2, LIMITS)


def test_rows_of_another_training_go_and_those_of_other_sides_stay(rows: RowsFile) -> None:
    for row in (ROW, replace(ROW, point=3, training=""), replace(ROW, seed=1), replace(ROW, side="other")):
        rows.put(row)
    assert rows.begin("net", 0, "a", 5) == ["net, seed 0, checkpoint 3: of another training"]
    left = [replace(ROW, front=5), replace(ROW, seed=1), replace(ROW, side="other")]
    assert sorted(rows.rows, key=lambda row: row.key) == left
    rows.discard(["net"], [0, 1])
    assert rows.rows == [replace(ROW, side="other")]


def test_rows_that_do_not_say_their_training_stay_as_they_are(rows: RowsFile) -> None:
    rows.put(replace(ROW, training=""))
    assert rows.complete("net", 0, 6, LIMITS)


def test_checkpoints_of_hgq2_that_another_beats_are_left_out(tmp_path: Path) -> None:
    for name in ("0.9_ebops=50", "0.8_ebops=40", "0.9_ebops=60", "0.8_ebops=45", "0.95_ebops=1e+3"):
        (tmp_path / f"epoch=3_val_accuracy={name}.keras").touch()
    points = [(ebops, accuracy) for _, ebops, accuracy in front_peer.front_files(tmp_path, 1e4)]
    assert points == [(40.0, 0.8), (50.0, 0.9), (1000.0, 0.95)]
    assert [point[1] for point in front_peer.front_files(tmp_path, 45)] == [40.0]


def test_seconds_of_a_training_go_on_after_an_interruption(tmp_path: Path) -> None:
    file = tmp_path / "seconds.txt"
    file.write_text("100\n")
    progress = front.TrainingSeconds(file)
    progress.epoch(None)  # pyright: ignore[reportArgumentType]
    assert 100 <= progress.seconds < 160
