"""TabulateNeurons: which layers become tables, their entries, and that Yosys counts fewer cells."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.designs import Design
from benchmarks.netlist import netlist
from edgeml import passes
from edgeml.backends.verilog.design import elaborate
from edgeml.fixed import FixedType, Overflow, Round
from edgeml.ir import Builder, Graph, evaluate_codes
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.relu import Relu
from edgeml.passes.tabulate_neurons import TabulateNeurons

PIXEL, ROUNDED = FixedType(False, 2, 1), Cast(FixedType(False, 2, 0), Round.RND_CONV, Overflow.SAT)


def sparse(
    inputs: int = 6,
    neurons: int = 4,
    fan_in: int = 3,
    pixel: FixedType = PIXEL,
    end: Cast | None = ROUNDED,
    seed: int = 0,
) -> Graph:
    """Neurons that each read a few inputs; a relu and a cast behind them."""
    rng = np.random.default_rng(seed)
    weights = np.zeros((inputs, neurons), np.int64)
    for neuron in range(neurons):
        read = rng.choice(inputs, fan_in, replace=False)
        weights[read, neuron] = rng.choice([-7, -3, -1, 2, 5, 6], fan_in)
    build = Builder("sparse")
    x = build.input((inputs,), pixel, "x")
    value = build.add(MatMul(), x, build.const(weights, FixedType(True, 4, 2), "w"), name="fc.matmul")
    bias = build.const(rng.integers(-8, 8, neurons), FixedType(True, 5, 2), "b")
    value = build.add(Add(), value, bias, name="fc.sum")
    value = build.add(Relu(), value, name="fc.relu")
    return build.graph(value if end is None else build.add(end, value, name="fc"))


def all_codes(graph: Graph) -> np.ndarray:
    info = graph.info("x")
    axes = [np.arange(int(lo), int(hi) + 1) for lo, hi in zip(info.lo, info.hi, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))


def is_table(graph: Graph) -> bool:
    after = TabulateNeurons().apply(graph)
    assert TabulateNeurons().apply(after) is after
    return any(isinstance(node.op, Lookup) for node in after.nodes)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("neurons", [1, 4, 5])
def test_every_input_gives_the_same_codes(seed: int, neurons: int) -> None:
    graph = sparse(neurons=neurons, seed=seed)
    after = TabulateNeurons().apply(graph)
    assert [type(node.op).__name__ for node in after.nodes if node.name.startswith("fc")] == [
        "Const", "MatMul", "Const", "Add", "Cast", "Const", "Lookup"
    ]  # fmt: skip
    codes = {"x": all_codes(graph)}
    np.testing.assert_array_equal(evaluate_codes(after, codes)["fc"], evaluate_codes(graph, codes)["fc"])


def test_layers_for_which_it_does_not_pay_stay() -> None:
    assert is_table(sparse())
    assert not is_table(sparse(fan_in=4)), "eight bits"
    assert not is_table(sparse(fan_in=1)), "a neuron of one input is a cast"
    assert not is_table(sparse(pixel=FixedType(True, 2, 1))), "signs"
    assert is_table(sparse(end=None)), "a relu that cuts"
    lossless = sparse(end=None)
    assert not is_table(Graph("sums", lossless.nodes, ["fc.sum"])), "sums"


def test_in_verilog_a_neuron_has_its_own_table_and_its_index_is_wires() -> None:
    graph = passes.prepare_circuit(sparse(neurons=4))
    cells = [cell for layer in elaborate(graph).layers for cell in layer.cells]
    assert all(cell.joins for cell in cells if cell.kind == "add")
    assert {cell.data[0] for cell in cells if cell.kind == "rom"} == {6}


@pytest.mark.slow
@pytest.mark.tool
def test_yosys_counts_fewer_cells_for_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = sparse(inputs=16, neurons=16)
    luts, carries = [], []
    for circuit in (("shorten_sums", "tabulate"), passes.CIRCUIT):
        monkeypatch.setattr(passes, "CIRCUIT", circuit)
        cells = netlist(Design("sparse", graph, {"mode": "parallel"}), "xilinx7")[0].cells
        luts.append(sum(count for name, count in cells.items() if name.startswith("LUT")))
        carries.append(cells.get("CARRY4", 0))
    assert luts[1] < luts[0]
    assert carries[1] == 0
