"""CountBits: which sums are counted by tables, every integer, and that Yosys counts fewer LUTs."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.designs import Design
from benchmarks.netlist import netlist
from edgeml import passes
from edgeml.backends.verilog.design import elaborate
from edgeml.fixed import FixedType
from edgeml.ir import Builder, Graph, evaluate_codes
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.sum_pool import SumPool
from edgeml.passes.count_bits import CountBits

BIT = FixedType(False, 1, 0)


def votes(
    rows: int = 2,
    bits: int = 8,
    channels: int = 1,
    kind: FixedType = BIT,
    pool: tuple[int, int] | None = None,
) -> Graph:
    """Sums over the second axis."""
    build = Builder("votes")
    x = build.input((rows, bits, channels), kind, "x")
    window = SumPool(pool or (1, bits), (1, 1), ((0, 0), (0, 0)))
    return build.graph(build.add(window, x, name="sum"))


def is_counted(graph: Graph) -> bool:
    after = CountBits().apply(graph)
    assert CountBits().apply(after) is after
    return any(isinstance(node.op, Lookup) for node in after.nodes)


@pytest.mark.parametrize("frac", [-1, 0, 1])
@pytest.mark.parametrize(("bits", "channels"), [(4, 1), (6, 2), (8, 1), (13, 1)])
def test_every_integer_stays(bits: int, channels: int, frac: int) -> None:
    graph = votes(1, bits, channels, FixedType(False, 1, frac))
    after = CountBits().apply(graph)
    infos = [each.info("sum") for each in (graph, after)]
    assert infos[0].type == infos[1].type
    assert [(info.lo.tolist(), info.hi.tolist()) for info in infos] == [
        ([[[0] * channels]], [[[bits] * channels]])
    ] * 2
    total = bits * channels
    codes = {
        "x": (np.arange(1 << total)[:, np.newaxis] >> np.arange(total) & 1).reshape(-1, 1, bits, channels)
    }
    np.testing.assert_array_equal(evaluate_codes(after, codes)["sum"], evaluate_codes(graph, codes)["sum"])


def test_other_sums_stay() -> None:
    assert is_counted(votes())
    assert not is_counted(votes(bits=3)), "a sum of three takes no more"
    assert not is_counted(votes(kind=FixedType(False, 2, 0))), "values of two bits"
    assert not is_counted(votes(kind=FixedType(True, 1, 0))), "codes are 0 and -1"
    assert not is_counted(votes(pool=(1, 4))), "windows"
    assert not is_counted(votes(pool=(2, 8))), "two rows"


def test_in_verilog_the_index_of_a_count_is_wires() -> None:
    graph = passes.prepare_circuit(votes(1, 12))
    cells = [cell for layer in elaborate(graph).layers for cell in layer.cells]
    assert [cell.data[0] for cell in cells if cell.kind == "rom"] == [6, 6]
    assert sum(cell.kind == "add" and not cell.joins for cell in cells) == 1, "the sum of two counts"


@pytest.mark.slow
@pytest.mark.tool
def test_yosys_counts_fewer_luts(monkeypatch: pytest.MonkeyPatch) -> None:
    luts: list[int] = []
    for circuit in (passes.CIRCUIT, tuple(name for name in passes.CIRCUIT if name != "count_bits")):
        monkeypatch.setattr(passes, "CIRCUIT", circuit)
        cells = netlist(Design("votes", votes(4, 48), {"mode": "parallel"}), "xilinx7")[0].cells
        luts.append(sum(count for name, count in cells.items() if name.startswith("LUT")))
    assert luts[0] < 0.85 * luts[1]
