"""Intervals as numbers, and what the measured errors have to be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeml.estimate import calibration
from edgeml.estimate.calibration import Spread, interval

RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results"
MEASURED = ("yosys-ecp5", "yosys-xilinx", "yosys-ice40")


@given(
    st.floats(0, 1e7),
    st.floats(0.01, 1),
    st.floats(1, 100),
    st.floats(0, 500),
    st.floats(0.5, 3),
    st.floats(0, 1e4),
)
def test_a_value_lies_in_its_interval_and_wider_is_never_narrower(
    value: float, low: float, high: float, slack: float, widening: float, soft: float
) -> None:
    spread = Spread(low=low, high=high, slack=slack, share=0.1)
    plain, wide = interval(value, spread, widening, soft), interval(value, spread, widening * 2, soft)
    assert plain.low is not None and plain.high is not None and wide.low is not None and wide.high is not None
    assert 0 <= wide.low <= plain.low <= plain.value <= plain.high <= wide.high


@pytest.mark.parametrize("family", MEASURED)
@pytest.mark.parametrize("kind", ["lut", "ff", "dsp", "bram"])
def test_nine_in_ten_designs_that_were_held_out_are_in_the_interval(family: str, kind: str) -> None:
    spread = calibration.measured()[family].spread[kind]
    assert spread.designs >= 40
    assert spread.inside is not None and spread.inside >= 0.9


def test_the_results_are_kept_for_every_design_and_family() -> None:
    from benchmarks.designs import designs

    names = {design.name for design in designs()}
    assert len(names) >= 60
    for family in ("ecp5", "xilinx7", "ice40"):
        lines = (RESULTS / f"{family}.json").read_text(encoding="utf-8").splitlines()
        assert {json.loads(line)["design"] for line in lines} == names


def test_every_published_figure_names_its_file() -> None:
    document = json.loads((RESULTS / "published.json").read_text(encoding="utf-8"))
    assert len(document["designs"]) >= 50
    for design in document["designs"]:
        assert document["sources"][design["source"]]["url"].startswith("https://")
        assert design["stage"] in ("logic synthesis", "HLS report") and design["tool"]


def test_families_without_a_measurement_borrow_one() -> None:
    for family in ("vivado", "quartus", "yosys-gowin", "yosys-nexus", "vendor-lut4"):
        found, borrowed = calibration.of(family)
        assert borrowed and found.tool.startswith("Yosys")
    assert calibration.of("yosys-ecp5")[1] is False
