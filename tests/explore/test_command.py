"""`edgeml explore` with bad input: one error, exit code 2, nothing written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgeml.errors import EdgemlError
from edgeml.explore.engine import local_pool
from tests.cli.command import Shell
from tests.explore.made_up import sample_record, write_study


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["digits_mpl"], "did you mean digits_mlp"),
        (["digits_mlp", "--board", "pynq-z3"], "did you mean pynq-z"),
        (["digits_mlp", "--board", "pynq-z2", "--mcu", "rp2040"], "are two targets"),
        (["digits_mlp", "--mcu", "rp2040", "--design", "verilog"], "leave --design out"),
        (["digits_mlp", "--design", "vhdl"], "unknown design"),
        (["digits_mlp", "--max-latency", "5"], "500ns or 5us"),
        (["digits_mlp", "--max-lut", "200%"], "more than PYNQ-Z2 has"),
        (["digits_mlp", "--max-flash", "64k"], "no such metric"),
        (["digits_mlp", "--objectives", "accuracy,luts"], "did you mean lut"),
        (["digits_mlp", "--objectives", "lut"], "has no front"),
        (["digits_mlp", "--range", "weight_bits=6:2"], "is no range"),
        (["digits_mlp", "--knobs", "bits"], "unknown knob"),
        (["digits_mlp", "--trials", "0"], "too few"),
        (["digits_mlp", "--jobs", "0"], "too few"),
        (["digits_mlp", "--generation", "1"], "too few"),
        (["digits_mlp", "--pick", "knee"], "is not the folder of a study"),
        (["digits_mlp", "--set", "trainin.epochs=3"], "unknown key"),
        (["digits_mlp", "--mcu", "rp2040", "--confirm", "synth"], "is counted already"),
        (["digits_mlp", "--design", "hls4ml", "--confirm", "synth"], "synthesizes edgeml's Verilog"),
    ],
)
def test_bad_input(arguments, says, edgeml: Shell, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = edgeml("explore", *arguments, "--out", "study")
    assert done.code == 2, done.out
    assert "error:" in done.err and "Traceback" not in done.err
    assert says in " ".join(done.err.split())
    assert list(tmp_path.iterdir()) == []


def test_a_study_is_shown(edgeml: Shell, tmp_path: Path) -> None:
    record = sample_record()
    write_study(tmp_path, record)
    done = edgeml("explore", str(tmp_path), "--json")
    assert done.code == 0
    shown = json.loads(done.out)
    assert shown["knee"] == record.knee and len(shown["front"]) == len(record.front)
    assert f"{record.front[0].number}" in edgeml("explore", str(tmp_path)).out


@pytest.mark.parametrize(
    ("which", "says"),
    [("best", "is no trial"), ("1000", "state the storage"), ("-1", "is no trial")],
)
def test_a_pick_that_is_none(which, says, edgeml: Shell, tmp_path: Path) -> None:
    write_study(tmp_path, sample_record())
    done = edgeml("explore", str(tmp_path), f"--pick={which}")
    assert done.code == 2 and says in " ".join(done.err.split())


def test_a_damaged_study(edgeml: Shell, tmp_path: Path) -> None:
    write_study(tmp_path, sample_record())
    (tmp_path / "explore.json").write_text("{")
    done = edgeml("explore", str(tmp_path))
    assert done.code == 2 and "run edgeml explore again" in " ".join(done.err.split())


def test_more_processes_than_memory(monkeypatch) -> None:
    monkeypatch.setattr("edgeml.explore.engine.available_mb", lambda: 2500)
    local_pool(2).close()
    with pytest.raises(EdgemlError, match=r"3,600 MB of memory, 2,500 MB are free \(use --jobs 2\)"):
        local_pool(3)
