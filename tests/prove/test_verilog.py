"""The prover of Verilog says PROVEN of nothing that it did not show: designs that were edited by hand."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from edgeml import backends
from edgeml.backends.verilog.proof.prover import VerilogProver
from edgeml.errors import EdgemlError
from edgeml.files import FileSet
from edgeml.fixed import FixedType, Round
from edgeml.ir import Builder, Graph
from edgeml.ir.ops.arg_max import ArgMax
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.relu import Relu
from edgeml.ir.ops.slice import Slice
from edgeml.ir.structure import Form
from edgeml.prove.prove import prove_folder
from edgeml.prove.result import Verdict
from edgeml.scratch import scratch_folder
from edgeml.stages import ArtefactStage
from edgeml.tools import verilator
from tests.backends.verilog.samples import partly_read
from tests.strategies import graphs
from tests.zoo import zoo

HEAVY = ("softmax", "softmax_rows", "mlp", "cnn_2d", "mlp_classes")
OPEN = ("cast_modes",)
"""Several casts of one value share wires that hold one of the results."""
LIGHT = [name for name in zoo() if name not in (*HEAVY, *OPEN)]


def network() -> Graph:
    """Two dense layers with a rounding and a table between them, and the position of the largest score."""
    build, rng = Builder("tiny"), np.random.default_rng(0)
    x = build.input((4,), FixedType(False, 4, 2), "x")
    first = build.const(rng.integers(-7, 8, (4, 6)), FixedType(True, 4, 2), "w1")
    hidden = build.add(MatMul(), x, first, name="sums")
    hidden = build.cast(hidden, FixedType(True, 5, 1), Round.RND_CONV, name="hidden")
    table = build.const(rng.integers(-9, 10, 32), FixedType(True, 5, 1), "table")
    hidden = build.add(Lookup(), hidden, table, name="looked")
    second = build.const(rng.integers(-7, 8, (6, 4)), FixedType(True, 4, 2), "w2")
    scores = build.add(MatMul(), hidden, second, name="scores")
    return build.graph(build.add(ArgMax(), scores, name="best"))


@cache
def design() -> FileSet:
    """The design of the network, which has registers behind every adder."""
    back_end = backends.load("verilog")
    return back_end.emit(network(), back_end.options({"adders_per_stage": 1}))


def written(folder: Path) -> Path:
    """A folder with the design."""
    design().write(folder / "verilog")
    return folder / "verilog"


def stages(folder: Path, graph: Graph) -> list[ArtefactStage]:
    """The stages that are read off the text, without Verilator."""
    core = backends.load("verilog").prepared(graph)
    return [one for one in VerilogProver().stages(folder, core) if isinstance(one, ArtefactStage)]


@pytest.mark.parametrize("name", LIGHT)
def test_every_graph_of_the_zoo_is_read_to_the_end(name: str, tmp_path: Path) -> None:
    graph, back_end = zoo()[name], backends.load("verilog")
    if back_end.refusals(graph, back_end.options({})):
        pytest.skip("refused")
    back_end.emit(graph).write(tmp_path)
    found = stages(tmp_path, graph)
    assert {one.value for one in found} >= set(graph.outputs)
    assert [one.structure.reason for one in found if one.structure.form is Form.UNKNOWN] == []


def test_a_slice_of_a_scalar_is_read_to_the_end(tmp_path: Path) -> None:
    """Its emission ended in a traceback: NumPy gives the element of an array without axes."""
    build = Builder("scalar_slice")
    x = build.input((), FixedType(True, 8, 2), "x")
    part = build.add(Slice((), (), ()), x)
    graph = build.graph(build.cast(part, FixedType(True, 4, 1), name="y"))
    backends.load("verilog").emit(graph).write(tmp_path)
    assert [one.structure.form for one in stages(tmp_path, graph)] == [Form.MONOTONE, Form.MONOTONE]


@given(graphs())
@settings(max_examples=8)
def test_random_graphs_are_read_to_the_end_or_the_value_is_named(graph: Graph) -> None:
    back_end = backends.load("verilog")
    options = back_end.options({"mode": "parallel"})
    if back_end.refusals(graph, options):
        return
    with scratch_folder() as folder:
        back_end.emit(graph, options).write(folder)
        found = stages(folder, graph)
    assert {one.value for one in found} >= set(graph.outputs)
    assert all(one.structure.reason for one in found if one.structure.form is Form.UNKNOWN)


CLOCKED = "always @(posedge clk) if (ce) begin"
HIDDEN = "hidden_0 = sums_0_p1[7:3] + {4'd0, ("


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("tiny_sums.v", "sums_t1_p2 <= sums_t1_p1;", "sums_t1_p2 <= sums_t1;", "puts numbers together"),
        ("tiny_sums.v", CLOCKED, CLOCKED.replace("clk", "ce"), "a register has another clock"),
        ("tiny_sums.v", CLOCKED, CLOCKED.replace("(ce)", "(clk)"), "a register has another enable"),
        ("tiny_sums.v", CLOCKED, "always @(posedge clk) begin", "takes a number at every clock"),
        ("tiny_sums.v", "x_1 - x_3;", "x_1 * x_3;", "a product from 0 to 225 in 5 bits"),
        ("tiny_sums.v", "x_1 - x_3;", "x_1 - sums_1;", "depends on itself"),
        ("tiny_sums.v", "sums_t12 = (x_2", "sums_t12 = (x_9", "there is no net x_9"),
        ("tiny_sums.v", "wire signed [8:0] sums_1 ", "wire signed [7:0] sums_1 ", "in 8 bits"),
        ("tiny_sums.v", "x[3:0]", "x[16:13]", "takes bits 16 to 13 of 16"),
        ("tiny_sums.v", "reg [3:0] x_0_p1", "wire [3:0] x_0_p1", "x_0_p1 is no register"),
        ("tiny_hidden.v", HIDDEN, f"{HIDDEN}sums_1_p1[8] & ", "has no name"),
        ("tiny_hidden.v", "assign hidden[4:0]", "assign hidden[3:0]", "driven twice or not at all"),
        ("tiny_hidden.v", "assign hidden[4:0]", "assign hidden[5:0]", "driven twice or not at all"),
        ("tiny_best.v", "assign best", "assign best[1:0] = 2'd1; assign best", "driven twice"),
        (
            "tiny_best.v",
            "scores_1_p1 > scores_0_p1;",
            "scores_1_p1 >= scores_0_p1;",
            "a choice by a comparison",
        ),
        ("tiny_best.v", "1'd1 : 1'd0", "1'd0 : 1'd1", "a choice by a comparison"),
        ("tiny_looked.v", "table_1(hidden_0)", "table_3(hidden_0)", "there is no function table_3"),
        ("tiny_core.v", "endmodule", "  tiny_more u_more (); endmodule", "there is no module tiny_more"),
        ("tiny_core.v", ".looked(looked), .s", ".looked(hidden), .s", "data are 12 clocks old"),
        ("tiny_core.v", ".clk(clk), .ce(ce), .sums", ".clk(clk), .ce(clk), .sums", "another enable"),
        ("tiny.v", ".STAGES(13)", ".STAGES(12)", "data are 13 clocks old, their valid bit 12"),
        ("tiny.v", ".m_ready(skid_ready)", ".m_ready(m_axis_tready)", "m_ready of u_control"),
        ("tiny.v", "ready & aresetn", "ready", "s_axis_tready is driven by something else"),
        ("tiny.v", "= result[1:0];", "= out_best;", "does not come from the skid buffer"),
        ("tiny.v", "if (ce) now_x", "if (valid) now_x", "a register has another enable"),
        ("tiny.v", "i*4 +: 4] =", "i*4 +: 5] =", "driven twice or not at all"),
        ("tiny.v", "i*8 +: 4];", "1 + i*8 +: 4];", "x gets something else than elements"),
        ("tiny.v", "i < 4", "i < 3", "driven twice or not at all"),
        ("edgeml_skid.v", "m_ready | ~m_valid", "m_ready", "is not edgeml's own text"),
        ("edgeml_pipe_control.v", "m_ready | ~m_valid", "m_ready", "is not edgeml's own text"),
        ("tiny_sums.v", "module", "`define x_0 x_1\nmodule", "is not understood"),
        ("tiny_sums.v", "  // sums:", "  // synopsys translate_off", "a comment that is an instruction"),
        ("tiny_sums.v", "  // sums:", "  initial x_0_p1 = 0;\n//", "is expected here"),
        ("tiny_sums.v", "endmodule", "endmodule module more (); endmodule", "only one module"),
    ],
)
def test_what_vectors_might_not_show_is_not_proven(
    file: str, old: str, new: str, reason: str, tmp_path: Path
) -> None:
    """Other registers, other elements, numbers too large for their bits, other pins."""
    path = written(tmp_path) / file
    text = path.read_text()
    assert old in text, old
    path.write_text(text.replace(old, new, 1))
    try:
        open_ = [one.structure.reason for one in stages(path.parent, network())]
    except EdgemlError as error:
        open_ = [str(error)]
    assert any(reason in one for one in open_), open_


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage(((",
        "\0\x07",
        "module tiny_sums (" + "(" * 20_000,
        "module tiny_sums (input wire a); wire b = " + "(" * 20_000,
        "module tiny_sums (input wire a); wire b = " + "a ? a : " * 20_000 + "a; endmodule",
        "module tiny_sums (input wire a); wire b = " + "a + " * 20_000 + "a; endmodule",
        "module tiny_sums (input wire a); wire b = " + "~" * 20_000 + "a; endmodule",
        "module tiny_sums (input wire [9999999999:0] a); endmodule",
        f"module tiny_sums (input wire a); wire b = {'9' * 5000}; endmodule",
        "module tiny_sums (input wire a); wire b = {999999999{{999999999{a}}}}; endmodule",
        "module tiny_sums (input wire a); wire b = b; endmodule",
        "module tiny_sums (input wire a); wire [7:0] b; generate for (i = 0; i < 99999999; i = i + 1) "
        "begin : l assign b[i] = a; end endgenerate endmodule",
    ],
)
def test_a_damaged_file_is_not_proven_and_no_traceback(text: str, tmp_path: Path) -> None:
    folder = written(tmp_path)
    (folder / "tiny_sums.v").write_text(text)
    with pytest.raises(EdgemlError, match=r"tiny_sums|tiny_core"):
        stages(folder, network())


@pytest.mark.tool
def test_a_register_of_some_elements_is_proven_and_another_order_refuted(tmp_path: Path) -> None:
    if verilator.missing():
        pytest.skip(verilator.missing())
    folder = tmp_path / "verilog"
    backends.load("verilog").emit(partly_read()).write(folder)
    proof = prove_folder(tmp_path, partly_read(), ["verilog"]).results[0]
    assert proof.verdict is Verdict.PROVEN, proof
    path, own = folder / "partly.v", "    in_x[10 +: 10],\n    in_x[0 +: 5]}"
    text = path.read_text()
    assert own in text
    path.write_text(
        text.replace(own, "    in_x[5 +: 10],\n    in_x[0 +: 5]}")
    )  # elements 1 and 2 for 2 and 3
    proof = prove_folder(tmp_path, partly_read(), ["verilog"]).results[0]
    assert proof.verdict is Verdict.REFUTED, proof
    path.write_text(text.replace("if (ce) held_x", "if (valid) held_x"))
    with pytest.raises(EdgemlError, match="another enable"):
        stages(folder, partly_read())


@pytest.mark.tool
def test_the_design_is_proven_and_another_integer_refuted(tmp_path: Path) -> None:
    if verilator.missing():
        pytest.skip(verilator.missing())
    path = written(tmp_path) / "tiny_hidden.v"
    proof = prove_folder(tmp_path, network(), ["verilog"]).results[0]
    assert (proof.verdict, proof.reason) == (Verdict.PROVEN, "")
    assert [step.value for step in proof.steps] == ["sums", "hidden", "looked", "scores", "best", "best"]
    assert proof.steps[0].vectors == 1 + 4  # zero, and one per element
    path.write_text(path.read_text().replace("5'd15 :", "5'd14 :", 1))
    proof = prove_folder(tmp_path, network(), ["verilog"]).results[0]
    assert proof.verdict is Verdict.REFUTED
    assert "hidden" in proof.reason
    assert proof.witness is not None


@pytest.mark.tool
def test_layers_whose_neurons_are_tables_are_proven(tmp_path: Path) -> None:
    if verilator.missing():
        pytest.skip(verilator.missing())
    build, rng = Builder("tables"), np.random.default_rng(4)
    value = build.input((6,), FixedType(False, 2, 1), "x")
    for _ in range(2):
        weights = np.zeros((6, 6), np.int64)
        for neuron in range(6):
            weights[rng.choice(6, 3, replace=False), neuron] = rng.choice([-4, -2, -1, 1, 2], 3)
        value = build.add(MatMul(), value, build.const(weights, FixedType(True, 4, 2)))
        value = build.cast(build.add(Relu(), value), FixedType(False, 2, 1), Round.RND_CONV)
    graph, back_end = build.graph(value), backends.load("verilog")
    assert sum(isinstance(node.op, Lookup) for node in back_end.prepared(graph).nodes) == 2
    back_end.emit(graph).write(tmp_path / "verilog")
    proof = prove_folder(tmp_path, graph, ["verilog"]).results[0]
    assert (proof.verdict, proof.reason) == (Verdict.PROVEN, "")
