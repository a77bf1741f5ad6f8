"""`edgeml estimate`, `edgeml ledger` and what `edgeml export` says before it writes an hls4ml project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgeml.backends.hls4ml.options import parse_options
from edgeml.backends.verilog.manifest import VerilogManifest
from edgeml.cli.estimates import Wish
from edgeml.errors import EdgemlError
from tests.cli.command import Shell

pytest.importorskip("da4ml", reason="da4ml is not installed")


@pytest.fixture(autouse=True)
def _own_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEML_LEDGER", str(tmp_path / "ledger.jsonl"))


def test_a_table_for_people_and_a_document_for_programs(edgeml: Shell, run: Path) -> None:
    done = edgeml("estimate", str(run), "--board", "pynq-z2,ulx3s-85f", "--layers")
    assert done.code == 0
    assert "pynq-z2" in done.out and "fits" in done.out and "hls4ml has no back end for ULX3S" in done.out
    assert "nine of ten designs no more); --verbose" in done.out and "median" not in done.out
    assert "median" in edgeml("estimate", str(run), "--board", "pynq-z2", "--verbose").out
    (row,) = (
        line.split() for line in done.out.splitlines() if line.startswith("pynq-z2  ") and "hls4ml" in line
    )
    assert "100" in row  # the board's clock stands in the table
    document = json.loads(edgeml("estimate", str(run), "--board", "pynq-z2", "--json").out)
    assert [row["design"] for row in document] == ["verilog", "hls4ml"]
    for row in document:
        assert row["estimate"]["source"] == "estimate" and row["state"] == "fits"
        lut = row["estimate"]["total"]["lut"]
        assert lut["low"] < lut["value"] < lut["high"]


def test_the_whole_board_stands_below_the_network_and_is_laid_out_as_synth_would(
    edgeml: Shell, run: Path
) -> None:
    asked = ("estimate", str(run), "--board", "icebreaker", "--design", "verilog")
    done = edgeml(*asked, "--verbose")
    assert "the network, synthesized" in done.out and "whole board, packed" in done.out
    assert "Whole board after packing, logic cells: fitted on icebreaker" in " ".join(done.out.split())
    (row,) = json.loads(edgeml(*asked, "--json").out)
    told = row["estimate"]
    assert told["settings"] == "parallel, 48 MHz"  # four times the board's clock
    assert told["whole"]["lut"]["low"] > told["total"]["lut"]["low"]
    (lut,) = (need for need in row["needs"] if need["kind"] == "lut")
    assert lut["value"] == told["whole"]["lut"]["value"] and lut["capacity"] == 5280
    (row,) = json.loads(edgeml(*asked, "--set", "verilog.clock_mhz=100", "--json").out)
    assert row["estimate"]["settings"] == "parallel, 100 MHz"


def test_adders_per_stage_are_counted_at_the_clock_that_is_asked_for(edgeml: Shell, run: Path) -> None:
    asked = ("estimate", str(run), "--board", "pynq-z2", "--design", "verilog", "--json")
    given = ("--clock", "150", "--set", "verilog.adders_per_stage=2")
    (row,) = json.loads(edgeml(*asked, *given).out)
    assert row["estimate"]["clock_mhz"] == 150
    cycles = row["estimate"]["cycles"]["value"]
    (near,) = json.loads(edgeml(*asked, *given, "--max-latency", f"{cycles * 1000 / 150 + 1}ns").out)
    assert near["estimate"]["cycles"]["value"] <= cycles


def test_options_of_a_back_end_and_names_that_do_not_exist(edgeml: Shell, run: Path) -> None:
    done = edgeml(
        "estimate",
        str(run),
        "--board",
        "ulx3s-85f",
        "--design",
        "verilog",
        "--set",
        "verilog.mode=stream",
        "--json",
    )
    assert json.loads(done.out)[0]["estimate"]["settings"].startswith("stream")
    assert edgeml("estimate", str(run), "--board", "ulx3s").code == 2
    assert (
        "did you mean verilog" in edgeml("estimate", str(run), "--board", "pynq-z2", "--design", "verilg").err
    )
    assert edgeml("estimate", str(run), "--board", "ulx3s-85f", "--design", "hls4ml").code == 2


def test_an_empty_ledger_is_listed(edgeml: Shell, tmp_path: Path) -> None:
    assert "ledger.jsonl" in edgeml("ledger").out.replace("\n", "")
    assert json.loads(edgeml("ledger", "--json").out) == []


def test_export_says_whether_it_fits_and_chooses_reuse_factors(edgeml: Shell, run: Path) -> None:
    pytest.importorskip("hls4ml", reason="hls4ml is not installed")
    done = edgeml("export", str(run), "--to", "hls4ml", "--board", "pynq-z2", "--ii", "20")
    assert (
        done.code == 0
        and "fits PYNQ-Z2" in done.err
        and "reuse factors (the best of all valid ones" in done.err
    )
    config = (run / "hls4ml" / "hls4ml_config.yml").read_text()
    factors = [int(line.split(":")[1]) for line in config.splitlines() if "ReuseFactor" in line]
    assert max(factors) > 1 and max(factors) <= 20


def test_wishes_that_cannot_be_granted_write_nothing(edgeml: Shell, run: Path) -> None:
    for words in (["--max-latency", "fast"], ["--max-latency", "1ns"], ["--ii", "1", "--max-latency", "1"]):
        done = edgeml("export", str(run), "--to", "hls4ml", "--board", "pynq-z2", *words)
        assert done.code == 2 and "latency" in done.err and not (run / "hls4ml").exists()
    done = edgeml("export", str(run), "--to", "onnx", "--fit")
    assert done.code == 2 and "for hls4ml and Verilog only" in done.err


def test_export_says_whether_the_verilog_fits_and_chooses_its_layout(edgeml: Shell, run: Path) -> None:
    words = ("export", str(run), "--to", "verilog", "--board", "ulx3s-85f")
    done = edgeml(*words)
    assert done.code == 0 and "fits ULX3S 85F" in done.err and "reuse factors" not in done.err
    done = edgeml(*words, "--set", "verilog.mode=stream", "--ii", "9")
    assert done.code == 0 and "reuse factors (the best of all valid ones" in done.err
    manifest = VerilogManifest.read(run / "verilog")
    assert isinstance(manifest.reuse_factor, dict) and manifest.interval <= 9
    assert ", ".join(f"{k} {n}" for k, n in manifest.reuse_factor.items()) in done.err
    assert f"latency {manifest.latency} clocks" in done.err
    done = edgeml("export", str(run), "--to", "verilog", "--fit")
    assert done.code == 2 and "need a board" in done.err
    done = edgeml(*words, "--max-latency", "1")
    assert done.code == 2 and "error: verilog: no valid reuse factors meet a latency of 1 clock" in done.err
    assert VerilogManifest.read(run / "verilog") == manifest


def test_an_estimate_of_what_is_chosen(edgeml: Shell, run: Path) -> None:
    words = ("estimate", str(run), "--board", "ulx3s-85f", "--design", "verilog", "--fit")
    assert "verilog on ulx3s-85f: reuse factors (the best of all valid ones" in edgeml(*words).out
    (row,) = json.loads(edgeml(*words, "--json").out)
    assert row["solution"]["proven"] and row["solution"]["settings"] == {"mode": "parallel"}
    done = edgeml(
        "estimate", str(run), "--board", "ulx3s-85f,pynq-z2", "--ii", "1", "--max-latency", "1", "--json"
    )
    assert done.code == 0
    for row in json.loads(done.out):
        assert "alone at least" in row["reason"] or "no back end" in row["reason"]


def test_one_layer_by_name(edgeml: Shell, run: Path) -> None:
    words = ("export", str(run), "--to", "verilog", "--set")
    done = edgeml(*words, "verilog.reuse_factor.logitz=4")
    assert done.code == 2 and "unknown layer 'logitz' or it is no dense layer" in done.err
    assert edgeml(*words, "verilog.reuse_factor.logits=4").code == 0
    assert VerilogManifest.read(run / "verilog").reuse_factor == {"logits": 4}


@pytest.mark.parametrize(("text", "clocks"), [("100", 100), ("500ns", 50), ("2us", 200), ("1.5us", 150)])
def test_latencies_in_clocks_and_in_time(text: str, clocks: int) -> None:
    assert Wish(text).goal(10.0).max_latency == clocks


def test_latencies_that_are_none() -> None:
    for text in ("1.5", "-3", "3 s", ""):
        with pytest.raises(EdgemlError):
            Wish(text).goal(10.0)


def test_what_is_chosen_is_an_option() -> None:
    assert parse_options({"reuse_factor": {"fc1": 4}, "strategy": {"fc1": "resource"}}).reuse_factor == {
        "fc1": 4
    }


def test_a_bad_option_of_the_verilog_is_one_error(edgeml: Shell, run: Path) -> None:
    words = ("--to", "verilog", "--board", "ulx3s-85f", "--set", "verilog.mode=stream")
    done = edgeml("export", str(run), *words, "--set", "verilog.reuse_factor.fc9=4")
    assert done.code == 2 and done.err.count("fc9") == 1 and "did you mean" in done.err
    assert not (run / "verilog").exists()
