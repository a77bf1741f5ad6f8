"""Shares of layers add up, the critical path is told by layer, what does not fit is refused with figures."""

from __future__ import annotations

import pytest

from edgeml import boards, families
from edgeml.errors import EdgemlError
from edgeml.figures import Figure, Hop, Usage
from edgeml.synth import layers, result
from edgeml.synth.place import ClockTiming, PlacementReport, Segment

ECP5 = families.load("ecp5")
INSTANCES = {
    (): {"LUT4": 5},
    ("u_rx",): {"LUT4": 7, "TRELLIS_FF": 3},
    ("u_network",): {"TRELLIS_FF": 40},
    ("u_network", "u_skid"): {"TRELLIS_FF": 9},
    ("u_network", "u_core", "u_fc1"): {"LUT4": 100, "CCU2C": 50},
    ("u_network", "u_core", "u_fc1", "g[0]"): {"LUT4": 1},
    ("u_network", "u_core", "u_act1"): {"LUT4": 20},
}


def test_shares_add_up() -> None:
    rows = layers.shares(
        INSTANCES, ECP5, "edgeml_board", ("u_network",), {"fc1": "mat_mul", "act1": "cast", "gone": "relu"}
    )
    assert [(row.layer, row.op) for row in rows] == [
        ("fc1", "mat_mul"),
        ("act1", "cast"),
        ("edgeml_board", ""),
        ("skid", ""),
    ]
    luts = [row.usage.lut.value for row in rows if row.usage.lut]
    assert luts == [100 + 2 * 50 + 1, 20, 5 + 7, 0]
    assert sum(row.usage.ff.value for row in rows if row.usage.ff) == 3 + 40 + 9


def test_roles_of_a_streamed_layer_are_one() -> None:
    parts = {("u_conv1_window",): {"LUT4": 1}, ("u_conv1",): {"LUT4": 2}, ("u_conv10", "x"): {"LUT4": 4}}
    rows = layers.shares(parts, ECP5, "top", (), {"conv1": "conv", "conv10": "conv"})
    assert [(row.layer, row.usage.lut) for row in rows] == [
        ("conv1", Figure(value=3)),
        ("conv10", Figure(value=4)),
    ]


def test_layers_that_share_a_pipeline_are_told_apart() -> None:
    parts = {
        ("u_cact1_now",): {"LUT4": 1},
        ("u_cact1_now", "u_conv1"): {"LUT4": 20},
        ("u_cact1_now", "u_conv1", "g[0]"): {"LUT4": 2},
        ("u_cact1_now", "u_cact1"): {"LUT4": 4},
        ("u_conv1_conv_window",): {"LUT4": 8},
    }
    rows = layers.shares(parts, ECP5, "top", (), {"conv1": "conv", "cact1": "cast"})
    assert [(row.layer, row.usage.lut) for row in rows] == [
        ("conv1", Figure(value=30)),
        ("cact1", Figure(value=5)),
    ]


def test_the_critical_path_by_layer() -> None:
    path = [
        Segment("u_network.now_x_DFF_Q", 0.5, "clk-to-q"),
        Segment("u_network.u_core.u_fc1.t_LUT4_Z$TRELLIS_COMB", 1.0, "routing"),
        Segment("u_network.u_core.u_fc1.t2_CCU2C_S0$CCU2_COMB0", 2.0, "logic"),
        Segment("u_network.u_core.u_act1.y", 0.25, "logic"),
        Segment("$PACKER_GND", 0.25, "setup"),
    ]
    found = result.hops(path, ("u_network",), ["fc1", "act1"])
    assert found == (
        Hop(layer="", ns=0.5, what="0 cells, 0.0 ns of wires"),
        Hop(layer="fc1", ns=3.0, what="1 cells, 1.0 ns of wires"),
        Hop(layer="act1", ns=0.25, what="1 cells, 0.0 ns of wires"),
        Hop(layer="", ns=0.25, what="0 cells, 0.0 ns of wires"),
    )
    assert result.unattributed(found) == pytest.approx(0.75 / 4.0)
    assert result.unattributed(()) == 0


def test_counts_after_placement() -> None:
    used = {"TRELLIS_COMB": 9, "TRELLIS_FF": 8, "MULT18X18D": 7, "DP16KD": 6}
    report = PlacementReport((ClockTiming("clk", 50.0, 25.0),), used, used, ())
    synthesized = Usage(lut=Figure(value=1), uram=Figure(value=0))
    assert result.placed_usage(report, ECP5, synthesized) == Usage(
        lut=Figure(value=9),
        ff=Figure(value=8),
        dsp=Figure(value=7),
        bram=Figure(value=6),
        uram=Figure(value=0),
    )
    short = PlacementReport((), {"TRELLIS_COMB": 9, "TRELLIS_FF": 8}, {}, ())
    with pytest.raises(EdgemlError, match="does not count DP16KD, MULT18X18D"):
        result.placed_usage(short, ECP5, synthesized)


def test_a_resource_of_two_kinds_of_cells() -> None:
    used = {"LUT4": 2597, "ALU": 2246, "DFF": 1197, "MULT18X18": 0, "BSRAM": 1}
    found = result.placed_usage(PlacementReport((), used, used, ()), families.load("gowin"), Usage())
    assert found.lut == Figure(value=2597 + 2246)


def test_what_does_not_fit_is_refused_with_figures() -> None:
    board = boards.load("icebreaker")
    result.refuse_what_does_not_fit(Usage(lut=Figure(value=5280), bram=Figure(value=30)), board, "Yosys")
    with pytest.raises(EdgemlError) as caught:
        result.refuse_what_does_not_fit(Usage(lut=Figure(value=6000), dsp=Figure(value=9)), board, "Yosys")
    assert "Yosys counts 6,000 LUT, the board has 5,280; 9 DSP, the board has 8" in caught.value.what
    assert "larger board" in caught.value.hint


def test_an_interval_is_refused_by_its_low_end() -> None:
    board = boards.load("de10-nano")
    may = Usage(lut=Figure(value=41_000, low=41_000, high=60_000))
    result.refuse_what_does_not_fit(may, board, "Yosys")
