"""Intervals as numbers, and what the measured errors have to be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeml import boards
from edgeml.estimate import calibration
from edgeml.estimate.calibration import Spread, interval
from edgeml.families import fabric

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
@pytest.mark.parametrize("kind", ["lut", "ff", "dsp", "bram", "layer"])
def test_nine_in_ten_designs_that_were_predicted_are_in_the_interval(family: str, kind: str) -> None:
    spread = calibration.measured()[family].spread[kind]
    assert "predicted" in calibration.measured()[family].tested
    assert spread.designs >= 30
    assert spread.inside is not None and spread.inside >= 0.9


def test_the_results_are_kept_for_every_design_and_family() -> None:
    from benchmarks.designs import designs

    names = {design.name for design in designs()}
    assert len(names) >= 60
    for family in ("ecp5", "xilinx7", "ice40"):
        lines = (RESULTS / f"{family}.json").read_text(encoding="utf-8").splitlines()
        assert {json.loads(line)["design"] for line in lines} == names


def test_the_calibration_is_made_of_all_drawn_designs() -> None:
    """Every drawn design was synthesized for every family, and those that test were predicted."""
    from benchmarks import blind

    drawn = [design.name for design in blind.blind()]
    wanted = {(name, family) for name in drawn for family in blind.FAMILIES}
    assert {(row["design"], row["family"]) for row in blind.rows(blind.MEASURED)} == wanted
    late = {(name, family) for name in drawn[blind.SEEN :] for family in blind.FAMILIES}
    assert {(row["design"], row["family"]) for row in blind.rows(blind.SECOND)} == late


def test_every_published_figure_names_its_file() -> None:
    document = json.loads((RESULTS / "published.json").read_text(encoding="utf-8"))
    assert len(document["designs"]) >= 75
    for design in document["designs"]:
        assert document["sources"][design["source"]]["url"].startswith("https://")
        assert design["stage"] in ("logic synthesis", "HLS report") and design["tool"]


def test_families_without_a_measurement_borrow_one() -> None:
    by_vendors = [fabric(boards.load(name), "vendor") for name in ("pynq-z2", "de10-nano", "certuspro-nx")]
    by_yosys = [fabric(boards.load(name), "yosys") for name in ("tangnano9k", "certuspro-nx")]
    for chip in (*by_vendors, *by_yosys):
        entry, borrowed = calibration.of(chip)
        assert borrowed and entry.tool.startswith("Yosys"), chip.name
    assert calibration.of(fabric(boards.load("ulx3s-85f")))[1] is False


def test_published_designs_of_other_kinds_are_of_many_sources_parts_and_both_sides() -> None:
    from benchmarks.published import published

    others = [item for item in published(RESULTS) if not item.reusing_dense]
    assert len({(item.record["name"], item.record["tool"]) for item in others}) >= 20
    assert len({item.author for item in others}) >= 10
    assert len({item.record["board"] for item in others}) >= 4
    assert {item.held_out for item in others} == {item.synthesized for item in others} == {True, False}
    sides: dict[tuple[str, str], set[bool]] = {}
    for item in others:
        sides.setdefault((item.record["name"], item.record["tool"]), set()).add(item.held_out)
    assert all(len(side) == 1 for side in sides.values())  # both stages of a design on the same side


@pytest.mark.parametrize("kind", ["lut", "ff", "dsp", "bram", "cycles"])
def test_what_is_promised_of_reusing_dense_layers_held_on_nine_in_ten(kind: str) -> None:
    spread = calibration.measured()["hls4ml-resource"].spread[kind]
    assert spread.designs >= 30 and spread.inside is not None and spread.inside >= 0.9


def test_an_interval_that_held_out_designs_do_not_confirm_is_given_up() -> None:
    from benchmarks import hls4ml_errors
    from benchmarks.published import published

    items = list(published(RESULTS))
    made, trials = hls4ml_errors.entries(items)
    given_up = [
        trial
        for of in trials.values()
        for trial in of.values()
        if trial.inside is not None and trial.inside < 0.9
    ]
    assert given_up and all(trial.errors.inside is None for trial in given_up)
    assert {name: entry for name, entry in calibration.measured().items() if name.startswith("hls4ml")} == {
        name: calibration.Calibration.model_validate(entry) for name, entry in made.items()
    }


def test_a_share_of_products_in_tables_is_no_slack() -> None:
    from benchmarks.errors import errors

    found = errors([(100.0, 100.0), (30.0, 0.0)], [(9.0, 0.0)], soft=([0.0, 300.0], [300.0]))
    assert found.slack == 1.0 and found.share == pytest.approx(0.1 * 1.35) and found.inside == 1.0
