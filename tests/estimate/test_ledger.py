"""The ledger loses nothing, survives torn lines and writers side by side, and narrows honestly."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from edgeml import boards
from edgeml.errors import EdgemlError
from edgeml.estimate import estimate, record
from edgeml.estimate.ledger import EMPTY, ENOUGH, Ledger, conformal
from edgeml.figures import Figure, Hardware, Source, Stage, Usage
from tests.backends.verilog.samples import small

pytest.importorskip("da4ml", reason="da4ml is not installed")


def hardware(source: Source, lut: float, graph: str = "g", settings: str = "") -> Hardware:
    """A result or an estimate of one figure."""
    return Hardware(
        design="verilog",
        graph=graph,
        part="p",
        source=source,
        settings=settings,
        total=Usage(lut=Figure(value=lut)),  # type: ignore[arg-type]
    )


def filled(path: Path, ratios: list[float], tool: str = "Yosys 1") -> Ledger:
    """A ledger with results of an ECP5."""
    ledger = Ledger(path)
    for number, ratio in enumerate(ratios):
        real = hardware("synthesis", 1000 * ratio, f"g{number}")
        made = hardware("estimate", 1000, f"g{number}")
        ledger.add(real, made, tool, "yosys-ecp5")
    return ledger


def test_what_is_added_comes_back(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "deep" / "ledger.jsonl")
    ledger.add(hardware("synthesis", 120), hardware("estimate", 100), "Yosys 1", "yosys-ecp5")
    (entry,) = ledger.entries()
    assert entry.real == {"lut": 120} and entry.estimated == {"lut": 100} and entry.tool == "Yosys 1"


def test_a_torn_line_takes_nothing_with_it(tmp_path: Path) -> None:
    ledger = filled(tmp_path / "l.jsonl", [1.1, 1.2])
    with ledger.path.open("ab") as file:
        file.write(b'{"schema_version": 1, "when": "2026')  # killed in the midst
    ledger.add(hardware("synthesis", 90, "new"), hardware("estimate", 100, "new"), "Yosys 1", "yosys-ecp5")
    assert [entry.graph for entry in ledger.entries()] == ["g0", "g1", "new"]
    assert ledger.unread() == 1
    assert len(ledger.path.read_bytes().splitlines()) == 4  # the torn line is still there


def test_lines_of_a_newer_version_stay_and_are_skipped(tmp_path: Path) -> None:
    ledger = filled(tmp_path / "l.jsonl", [1.0])
    entry = json.loads(ledger.path.read_text())
    with ledger.path.open("a") as file:
        file.write(json.dumps({**entry, "schema_version": 2}) + "\n" + "\xff not json\n")
    assert len(ledger.entries()) == 1 and ledger.unread() == 2


def test_writers_side_by_side_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"

    def write(worker: int) -> None:
        for number in range(20):
            name = f"{worker}-{number}"
            Ledger(path).add(hardware("synthesis", 10, name), hardware("estimate", 10, name), "t", "f")

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Ledger(path).entries()) == 80 and Ledger(path).unread() == 0


def test_a_line_begins_with_its_schema_and_is_read_strictly(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l.jsonl")
    line = ledger.add(hardware("synthesis", 1), hardware("estimate", 1), "t", "f").line()
    assert ledger.path.read_bytes() == line and line.startswith(b'{"schema_version":1,"when":')
    ledger.path.write_bytes(line + line.replace(b'"lut":1.0', b'"lut":"1"') + line.replace(b":1,", b":2,", 1))
    assert len(ledger.entries()) == 1 and ledger.unread() == 2


def test_the_same_result_twice_counts_once(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l.jsonl")
    for lut in (100, 110):
        ledger.add(hardware("synthesis", lut), hardware("estimate", 100), "Yosys 1", "yosys-ecp5")
    (entry,) = ledger.entries()
    assert entry.real["lut"] == 110  # the newest word
    assert len(ledger.path.read_bytes().splitlines()) == 2


def test_an_estimate_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(EdgemlError, match="a tool's result"):
        Ledger(tmp_path / "l").add(hardware("estimate", 1), hardware("estimate", 1), "t", "f")
    with pytest.raises(EdgemlError, match="of the same design"):
        Ledger(tmp_path / "l").add(hardware("synthesis", 1, "a"), hardware("estimate", 1, "b"), "t", "f")


def test_too_few_results_change_nothing(tmp_path: Path) -> None:
    ledger = filled(tmp_path / "l.jsonl", [1.1] * (ENOUGH - 1))
    assert ledger.narrowed("verilog", "yosys-ecp5", "lut") is None
    assert conformal([1.0] * (ENOUGH - 1)) is None


def test_enough_results_of_the_same_tool_shift_and_narrow(tmp_path: Path) -> None:
    ledger = filled(tmp_path / "l.jsonl", [1.2 + 0.01 * (n % 3) for n in range(14)])
    found = ledger.narrowed("verilog", "yosys-ecp5", "lut")
    assert found is not None and found.count == 14
    assert found.low == pytest.approx(1.2, abs=0.02) and found.high == pytest.approx(1.22, abs=0.02)
    assert ledger.narrowed("verilog", "yosys-ecp5", "lut", "board") is None
    assert ledger.narrowed("verilog", "yosys-ice40", "lut") is None
    board = boards.load("ulx3s-85f")
    plain = estimate(small(), board, ledger=Ledger(tmp_path / "none.jsonl"))
    mine = estimate(small(), board, ledger=ledger)
    assert plain.total.lut is not None and mine.total.lut is not None
    assert mine.total.lut.value == pytest.approx(1.21 * plain.total.lut.value, rel=0.02)
    assert "n = 14" in mine.notes[-1] and "Yosys 1" in mine.notes[-1]


def test_the_conformal_interval_holds_for_nine_in_ten() -> None:
    rng = np.random.default_rng(7)
    inside = 0
    for _ in range(400):
        ratios = np.exp(rng.normal(0.2, 0.15, 21))
        found = conformal(ratios[:-1].tolist())
        assert found is not None
        inside += found.low <= ratios[-1] <= found.high
    assert inside / 400 >= 0.87


def test_an_unreadable_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EdgemlError, match="cannot be"):
        filled(tmp_path / "file" / "l.jsonl", [1.0])


def test_a_result_is_recorded_beside_the_models_own_estimate(tmp_path: Path) -> None:
    board, ledger = boards.load("ulx3s-85f"), Ledger(tmp_path / "l.jsonl")
    made = estimate(small(), board, ledger=ledger)
    assert made.total.lut is not None
    stage = Stage(name="synthesis", tool="Yosys", version="0.23", seconds=1.0)
    real = made.model_copy(
        update={
            "source": "synthesis",
            "total": Usage(lut=Figure(value=300.0)),
            "stages": (stage,),
            "notes": (),
        }
    )
    entry = record(small(), board, real, None, ledger)
    assert (entry.tool, entry.family) == ("Yosys 0.23", "yosys-ecp5")
    assert entry.estimated["lut"] == made.total.lut.value and entry.real["lut"] == 300
    with pytest.raises(EdgemlError, match="same design"):
        record(small(), board, real.model_copy(update={"graph": "another"}), None, ledger)
    with pytest.raises(EdgemlError, match="around the network"):
        record(small(), board, real.model_copy(update={"alone": False}), None, ledger)
    with pytest.raises(EdgemlError, match="did not write"):
        record(small(), board, real.model_copy(update={"design": "other"}), None, ledger)


def placed(board: str, lut: float) -> Hardware:
    """A whole board after place and route."""
    made = estimate(small(), boards.load(board))
    stages = (
        Stage(name="synthesis", tool="yosys", version="0.23", seconds=1.0),
        Stage(name="place", tool="nextpnr-ice40", version="0.4", seconds=1.0),
    )
    update = {"source": "place-and-route", "alone": False, "whole": None, "stages": stages, "notes": ()}
    return made.model_copy(update={**update, "total": Usage(lut=Figure(value=lut))})


def test_a_placed_board_stands_beside_the_estimate_of_the_whole_board(tmp_path: Path) -> None:
    board, ledger = boards.load("icebreaker"), Ledger(tmp_path / "l.jsonl")
    plain = estimate(small(), board)
    assert plain.whole is not None and plain.whole.lut is not None
    entry = record(small(), board, placed("icebreaker", 2000.0), None, ledger)
    assert (entry.scope, entry.tool) == ("board", "yosys 0.23, nextpnr-ice40 0.4")
    assert entry.estimated["lut"] == plain.whole.lut.value and entry.real["lut"] == 2000
    # The same board once more, as other runs of the user's would have it.
    for number in range(ENOUGH):
        other = entry.model_copy(update={"graph": f"{number}", "real": {"lut": entry.estimated["lut"] * 1.2}})
        with ledger.path.open("ab") as file:
            file.write(other.line())
    mine = estimate(small(), board, ledger=ledger)
    assert mine.whole is not None and mine.whole.lut is not None
    assert mine.whole.lut.value == pytest.approx(1.2 * plain.whole.lut.value, rel=0.01)
    assert mine.total == plain.total and mine.layers == plain.layers
    assert mine.notes[-1].startswith("Whole board: intervals of your own results with yosys 0.23, nextpnr")


def test_what_hls_predicts_moves_no_estimate_of_what_becomes_of_it(tmp_path: Path) -> None:
    board, ledger = boards.load("pynq-z2"), Ledger(tmp_path / "l.jsonl")
    made = estimate(small(), board, "hls4ml")
    for number in range(ENOUGH + 1):
        real = made.model_copy(
            update={
                "source": "vendor",
                "reached": "estimated",
                "tool": "Vitis HLS 2023.1",
                "total": Usage(lut=Figure(value=90_000.0)),
                "settings": f"{number}",
                "notes": (),
            }
        )
        entry = record(small(), board, real, None, ledger)
        with ledger.path.open("ab") as file:
            file.write(entry.model_copy(update={"graph": f"{number}"}).line())
    assert {one.scope for one in ledger.entries()} == {"report"} and len(ledger.entries()) > ENOUGH
    assert estimate(small(), board, "hls4ml", ledger=ledger) == made


def test_estimates_read_no_ledger_but_the_one_they_are_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = tmp_path / "users.jsonl"
    monkeypatch.setenv("EDGEML_LEDGER", str(users))
    board = boards.load("ulx3s-85f")
    plain = estimate(small(), board)
    stage = Stage(name="synthesis", tool="Yosys", version="0.23", seconds=1.0)
    real = plain.model_copy(update={"source": "synthesis", "stages": (stage,), "notes": ()})
    entry = record(small(), board, real, None, Ledger(users))
    for number in range(ENOUGH):
        other = entry.model_copy(update={"graph": f"{number}", "real": {"lut": entry.estimated["lut"] * 2}})
        with users.open("ab") as file:
            file.write(other.line())
    assert estimate(small(), board) == plain
    assert estimate(small(), board, ledger=Ledger.of_user()) != plain


def test_the_empty_ledger_keeps_nothing() -> None:
    board = boards.load("ulx3s-85f")
    made = estimate(small(), board)
    stage = Stage(name="synthesis", tool="Yosys", version="0.23", seconds=1.0)
    real = made.model_copy(update={"source": "synthesis", "stages": (stage,), "notes": ()})
    record(small(), board, real, None, EMPTY)
    assert EMPTY.entries() == []
