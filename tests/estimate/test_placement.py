"""Designs after packing: counts by hand, the top's own figures, and boards that were packed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import placed
from benchmarks.designs import designs
from benchmarks.placement import fit
from edgeml import boards, families
from edgeml.backends.verilog import BACKEND
from edgeml.backends.verilog.design import elaborate
from edgeml.backends.verilog.manifest import VerilogManifest
from edgeml.backends.verilog.schedule import schedule
from edgeml.estimate import estimate
from edgeml.estimate.count import total
from edgeml.estimate.verilog import placement
from edgeml.estimate.verilog.circuit import layer_count
from edgeml.estimate.verilog.counting import count
from edgeml.families import fabric
from edgeml.families.ice40 import FABRIC as ICE40
from edgeml.figures import Figure, Usage
from edgeml.fixed import FixedType
from edgeml.ir import Builder, evaluate_codes
from edgeml.ir.ops.add import Add
from edgeml.passes import prepare
from edgeml.synth.top import emit
from edgeml.synth.vectors import Vectors
from tests.backends.verilog.samples import small

pytest.importorskip("da4ml", reason="da4ml is not installed")

RESULTS = Path(placed.RESULTS)


def test_a_sum_has_its_register_behind_its_tables_and_what_waits_for_it_has_none() -> None:
    build = Builder("late")
    a, b, c = (build.input((1,), FixedType(False, 8, 8), name) for name in "abc")
    first = build.add(Add(), a, b, name="first")
    design = elaborate(build.graph(build.add(Add(), first, c, name="second")))
    times = schedule(design, 1)
    made = total(layer_count(design, times, i, ICE40) for i in range(len(design.layers)))
    # The first sum's nine bits are in a register behind its own tables, or c's eight wait: in a delay line.
    assert made.ff >= 9 and made.bare == made.ff - 9


@pytest.mark.parametrize("mode", ["parallel", "stream"])
@pytest.mark.parametrize("name", ["icebreaker", "ulx3s-85f", "tangnano20k"])
def test_ports_and_memory_are_those_of_the_top(name: str, mode: str, tmp_path: Path) -> None:
    board, graph = boards.load(name), small()
    options = BACKEND.options({"mode": mode})
    BACKEND.emit(graph, options).write(tmp_path / "verilog")
    manifest = VerilogManifest.read(tmp_path / "verilog")
    rng = np.random.default_rng(0)
    inputs = {
        value: rng.integers(
            graph.info(value).lo, np.asarray(graph.info(value).hi) + 1, (100, *graph.info(value).shape)
        )
        for value in graph.inputs
    }
    top = emit(manifest, board, Vectors(inputs, evaluate_codes(graph, inputs, graph.outputs)))
    chip = fabric(board, "yosys")
    ports = count(prepare(graph), options, chip).ports
    assert (ports.in_bits, ports.in_beats) == (manifest.input.bits, manifest.input.beats)
    assert (ports.out_bits, ports.out_beats) == (manifest.output.bits, manifest.output.beats)
    vector = (
        manifest.input.beats * manifest.input.bits // 8 + manifest.output.beats * manifest.output.bits // 8
    )
    used = len(top.identity.encode()) + top.vectors * vector
    assert placement.memory(ports, board, graph.name, chip).value == chip.brams(used, 8)


def test_only_boards_with_an_open_flow_and_a_serial_line_are_known_as_a_whole() -> None:
    def whole(name: str) -> Usage | None:
        return estimate(small(), boards.load(name)).whole

    for name in boards.names():
        assert (whole(name) is not None) == placement.has_top(boards.load(name)), name
    assert whole("icebreaker") is not None and whole("pynq-z2") is None
    assert estimate(small(), boards.load("icebreaker"), tool="vendor").whole is None


@pytest.mark.parametrize("name", ["icebreaker", "ulx3s-85f", "tangnano20k"])
def test_the_whole_board_is_more_than_the_network_and_says_where_it_is_from(name: str) -> None:
    told = estimate(small(), boards.load(name))
    assert told.whole is not None
    for kind, figure in told.whole.present().items():
        alone = getattr(told.total, kind)
        assert figure.value >= alone.value, kind
    assert told.whole.lut is not None and told.total.lut is not None
    assert told.whole.lut.value > told.total.lut.value + 400  # the serial line and the self-test
    (note,) = (note for note in told.notes if note.startswith("Whole board after packing"))
    assert ("No board of this family was packed" in note) == (name == "tangnano20k")


def test_a_borrowed_interval_is_wider() -> None:
    made = {}
    for name in ("ulx3s-85f", "tangnano20k"):
        whole = estimate(small(), boards.load(name)).whole
        assert whole is not None and whole.lut is not None
        assert whole.lut.low is not None and whole.lut.high is not None
        made[name] = whole.lut.high / whole.lut.low
    assert made["tangnano20k"] > made["ulx3s-85f"]


def test_a_ledger_that_moves_the_network_moves_the_board() -> None:
    lut = Figure(value=1500, low=1400, high=1800)
    whole = Usage(lut=lut, ff=Figure(value=300), bram=Figure(value=2))
    before = Usage(lut=Figure(value=1000), ff=Figure(value=100), bram=Figure(value=0))
    after = before.model_copy(update={"lut": Figure(value=1100, low=1050, high=1150)})
    made = placement.moved(whole, before, after)
    assert made.lut == Figure(value=1600, low=1500, high=1900)
    assert made.ff == Figure(value=300) and made.bram == Figure(value=2)


def test_held_out_boards_that_were_packed_are_in_the_interval() -> None:
    """A few of docs/estimates-placed.md, from the numbers that are in the package."""
    wanted = {"argmax_4", "fold_16_8_r8", "mlp_13_11_7_3_w3", "cnn_pad_10_3_4"}
    chosen = {design.name: design for design in designs() if design.name in wanted}
    assert all(design.held_out for design in chosen.values()) and len(chosen) == len(wanted)
    rows = [json.loads(line) for line in RESULTS.read_text().splitlines()]
    seen = 0
    for row in rows:
        if row["design"] not in wanted or row["stage"] != "packed":
            continue
        board = boards.load(row["board"])
        flow = families.mapped(board).open
        assert flow is not None
        options = placed.options_of(chosen[row["design"]], board)
        told = estimate(chosen[row["design"]].graph, board, "verilog", options)
        assert told.whole is not None and told.whole.lut is not None
        assert told.whole.lut.low is not None and told.whole.lut.high is not None
        real = sum(row["whole"][cell] for cell in flow.counts["lut"].split())
        assert told.whole.lut.low <= real <= told.whole.lut.high, row["design"]
        seen += 1
    assert seen == 2 * len(wanted)


@pytest.mark.slow
def test_the_numbers_in_the_package_are_those_of_the_model_as_it_is() -> None:
    """After a change of what is counted: `python -m benchmarks.placed write`."""
    rows, fitted = fit(list(placed.results().values()), placed.options_of)
    for name, packing in fitted.items():
        kept = placement.measured()[rows[name][0].chip.name]
        assert kept.network == pytest.approx(packing.network, abs=2e-3), name
        assert kept.top == pytest.approx(packing.top, abs=2e-3), name
        assert (packing.spread["whole"].inside or 0) >= 0.9, name
        assert kept.spread == packing.spread, name


def test_cells_that_packing_adds_belong_to_their_neighbours_part() -> None:
    def cell(kind: str, **ports: list[int]) -> dict[str, object]:
        return {"type": kind, "connections": ports}

    written = {
        "modules": {
            "top": {
                "cells": {
                    "u_network.u_core.sum_SB_LUT4_O_LC": cell("ICESTORM_LC", CIN=[7], O=[1]),
                    "u_network.held_SB_DFF_Q_DFFLC": cell("ICESTORM_LC", I0=[1]),
                    "$nextpnr_ICESTORM_LC_1": cell("ICESTORM_LC", COUT=[7]),
                    "u_link.crc_SB_LUT4_O_LC": cell("ICESTORM_LC", O=[2]),
                    "$nextpnr_ICESTORM_LC_0": cell("ICESTORM_LC", I1=[]),
                    "pin$sb_io": cell("SB_IO", D_OUT_0=[2]),
                }
            }
        }
    }
    parts = placed.packed_parts(written)
    assert parts["u_network"] == {
        "ICESTORM_LC": 3,
        "ICESTORM_LC/chain": 1,
        "ICESTORM_LC/register": 1,
    }
    assert parts["u_link"] == {"ICESTORM_LC": 1}
    assert parts[""] == {"ICESTORM_LC": 1, "ICESTORM_LC/chain": 1, "SB_IO": 1}
