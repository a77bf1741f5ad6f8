"""Tabulate: which casts become tables, their entries, and that a table of six bits is smaller."""

from __future__ import annotations

import pytest

from benchmarks.designs import Design
from benchmarks.netlist import netlist
from edgeml import passes
from edgeml.fixed import FixedType, Overflow, Round
from edgeml.ir import Builder, Graph
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.relu import Relu
from edgeml.passes.tabulate import Tabulate

NARROW = FixedType(False, 2, 1)


def rounded(bits: int, rounding: Round, to: FixedType = NARROW, count: int = 3) -> Graph:
    """Signed values with three fractional bits, cast."""
    build = Builder("rounded")
    x = build.input((count,), FixedType(True, bits, 3), "x")
    return build.graph(build.add(Cast(to, rounding, Overflow.SAT), x, name="y"))


def test_entries_are_rounded_and_saturated() -> None:
    after = Tabulate().apply(rounded(4, Round.RND_CONV))
    assert isinstance(after.node("y").op, Lookup)
    # -1, -7/8 .. -1/8 | 0, 1/8 .. 7/8 in halves, ties to even
    assert after.info("y.table").lo.tolist() == [0] * 8 + [0, 0, 0, 1, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("bits", "rounding", "tabled"),
    [
        (6, Round.RND_CONV, True),
        (6, Round.RND, True),
        (7, Round.RND_CONV, False),
        (6, Round.TRN, False),
    ],
)
def test_narrow_values_that_an_adder_would_round_become_tables(
    bits: int, rounding: Round, tabled: bool
) -> None:
    after = Tabulate().apply(rounded(bits, rounding))
    assert isinstance(after.node("y").op, Lookup) is tabled


def test_what_follows_a_table_goes_into_it() -> None:
    build = Builder("chain")
    x = build.input((2,), FixedType(False, 3, 0), "x")
    entries = build.const([-4, -3, -2, -1, 0, 5, 6, 7], FixedType(True, 4, 1), "t")
    value = build.add(Lookup(), x, entries, name="first")
    value = build.add(Relu(), value, name="second")
    graph = build.graph(build.add(Cast(NARROW, Round.TRN, Overflow.SAT), value, name="y"))
    after = Tabulate().apply(graph)
    assert [node.name for node in after.nodes if isinstance(node.op, Lookup)] == ["y"]
    assert after.info("y.table").lo.tolist() == [0, 0, 0, 0, 0, 3, 3, 3]
    both = Graph("chain", graph.nodes, ["first", "y"])
    assert isinstance(Tabulate().apply(both).node("first").op, Lookup), "an output stays"
    assert isinstance(Tabulate().apply(both).node("second").op, Relu), "it is no table's alone"


@pytest.mark.slow
@pytest.mark.tool
def test_yosys_counts_fewer_cells_for_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = rounded(6, Round.RND_CONV, FixedType(False, 3, 1), 8)
    luts, carries = [], []
    for circuit in ((), ("tabulate",)):
        monkeypatch.setattr(passes, "CIRCUIT", circuit)
        cells = netlist(Design("cast", graph, {"mode": "parallel"}), "xilinx7")[0].cells
        luts.append(sum(count for name, count in cells.items() if name.startswith("LUT")))
        carries.append(cells.get("CARRY4", 0))
    assert luts[1] < luts[0]
    assert carries == [16, 0]
