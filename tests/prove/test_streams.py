"""Streamed Verilog: what the prover reads off the text, part by part, and what it says PROVEN of."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml import backends
from edgeml.backends.verilog.proof.prover import VerilogProver
from edgeml.backends.verilog.proof.streamed import bench, moves
from edgeml.backends.verilog.proof.streamed.chain import ChainPart
from edgeml.backends.verilog.proof.streamed.flow import DataFlows, read_flow
from edgeml.backends.verilog.proof.streamed.memory import read_memory
from edgeml.errors import EdgemlError
from edgeml.files import FileSet
from edgeml.fixed import FixedType, Round
from edgeml.ir import Builder, Graph
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.structure import Form
from edgeml.prove.arguments import prove_stage
from edgeml.prove.prove import prove_folder
from edgeml.prove.result import Verdict
from edgeml.prove.segment import GraphSegment
from edgeml.share import share_dir
from edgeml.stages import ArtefactStage
from edgeml.tools import verilator
from tests.backends.verilog import branches
from tests.zoo import zoo

RTL = share_dir("hw") / "rtl"
STREAM: dict[str, Any] = {"mode": "stream"}
FOLDED = STREAM | {"clocks_per_sample": 20_000}


def network() -> Graph:
    """A padded convolution, a pooling and a dense layer, small enough to be driven in a moment."""
    build, rng = Builder("scene"), np.random.default_rng(0)
    x = build.input((4, 4, 1), FixedType(False, 3, 0), "x")
    taps = build.const(rng.integers(-3, 4, (2, 2, 1, 2)), FixedType(True, 3, 0), "taps")
    x = build.add(Conv((1, 1), ((0, 1), (1, 0)), (1, 1), 1), x, taps, name="conv")
    x = build.cast(x, FixedType(False, 3, -1), Round.RND_CONV, name="act")
    x = build.add(MaxPool((2, 2), (2, 2), ((0, 0), (0, 0))), x, name="pool")
    x = build.add(Reshape((8,)), x, name="flat")
    weights = build.const(rng.integers(-7, 8, (8, 3)), FixedType(True, 4, 1), "weights")
    x = build.add(MatMul(), x, weights, name="sums")
    bias = build.const(rng.integers(-7, 8, 3), FixedType(True, 4, 1), "bias")
    return build.graph(build.add(Add(), x, bias, name="scores"))


def emitted(graph: Graph, options: dict[str, Any]) -> FileSet | None:
    """The design of a graph; None if it is refused."""
    back_end = backends.load("verilog")
    settings = back_end.options(options)
    return None if back_end.refusals(graph, settings) else back_end.emit(graph, settings)


@cache
def design() -> FileSet:
    files = emitted(network(), STREAM)
    assert files is not None
    return files


def written(folder: Path) -> Path:
    design().write(folder / "verilog")
    return folder / "verilog"


@pytest.fixture
def undriven(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts that move elements are not driven, so that no Verilator is needed."""
    monkeypatch.setattr(bench.PartBench, "check_moves", lambda self, part: None)


def open_stages(folder: Path, graph: Graph) -> list[str]:
    """The reasons why stages are not proven, but for their integers."""
    core = backends.load("verilog").prepared(graph)
    reasons: list[str] = []
    values: set[str] = set()
    for stage in VerilogProver().stages(folder, core):
        if isinstance(stage, ArtefactStage):
            values.add(stage.value)
            if stage.structure.form is Form.UNKNOWN:
                reasons.append(stage.structure.reason)
                continue
            segment = GraphSegment(core, stage.sources, stage.value, stage.elements)
            dead = ArtefactStage(
                stage.value, stage.sources, stage.structure, stage.rounds, segment.evaluate, stage.elements
            )
            step = prove_stage(dead, segment)
            reasons += [f"{step.value}: {step.missing}"] if step.missing else []
    assert values >= set(graph.outputs)
    return reasons


@pytest.mark.parametrize("options", [STREAM, FOLDED], ids=["plain", "folded"])
@pytest.mark.parametrize("name", ["cnn_2d", "conv_strides", "pad", "residual", "mlp", "conv_depthwise"])
@pytest.mark.usefixtures("undriven")
def test_graphs_of_the_zoo_are_read_to_the_end(name: str, options: dict[str, Any], tmp_path: Path) -> None:
    graph = zoo()[name]
    files = emitted(graph, options)
    if files is None:
        pytest.skip("refused")
    files.write(tmp_path)
    assert open_stages(tmp_path, graph) == []


@pytest.mark.usefixtures("undriven")
def test_branches_are_read_to_the_end(tmp_path: Path) -> None:
    graph = branches.inception(3)
    files = emitted(graph, STREAM)
    assert files is not None
    files.write(tmp_path)
    assert open_stages(tmp_path, graph) == []


@pytest.mark.slow
@pytest.mark.usefixtures("undriven")
def test_every_graph_of_the_zoo_that_is_streamed_is_read_to_the_end(tmp_path: Path) -> None:
    count = 0
    for name, graph in zoo().items():
        for options in (STREAM, FOLDED):
            files = emitted(graph, options)
            if files is not None:
                folder = tmp_path / f"{name}{len(options)}"
                files.write(folder)
                assert open_stages(folder, graph) == [], name
                count += 1
    assert count > 100


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("scene.v", ".s_data(act_held_data)", ".s_data(act_now_data)", "data of another bus than valid"),
        ("scene.v", ".s_valid(act_held_valid)", ".s_valid(act_now_valid)", "data of another bus than valid"),
        ("scene.v", ".m_ready(act_held_ready)", ".m_ready(act_now_ready)", "taken by something else"),
        ("scene.v", ".STAGES(1)) u_act", ".STAGES(2)) u_act", "data are 1 clocks old, their valid bit 2"),
        ("scene.v", ".ce(act_now_ce), .x", ".ce(pool_window_valid), .x", "ce of u_act_now is connected"),
        ("scene.v", ".PAD_LEFT(1)", ".PAD_LEFT(0)", "has another number of elements"),
        ("scene.v", ".WIDTH(4), .REACH_Y(2)", ".WIDTH(3), .REACH_Y(2)", "PIXEL, HEIGHT and WIDTH"),
        ("scene.v", ".COUNT_X(3)", ".COUNT_X(2)", "COUNT"),
        ("scene.v", ".BEATS(8)", ".BEATS(7)", "LANES and BEATS"),
        ("scene.v", ".SIGNED(0)", ".SIGNED(1)", "does not fit the lanes"),
        ("scene.v", "_fold_address), .weights", "_fold_ce), .weights", "is connected to something else"),
        ("scene.v", "rst = ~aresetn", "rst = aresetn", "rst of u_in_held is connected to something else"),
        ("scene.v", "s_axis_tvalid & aresetn", "s_axis_tvalid", "data of another bus than valid"),
        ("scene.v", "pixels_ready & aresetn", "pixels_ready", "taken by something else"),
        ("scene.v", "m_axis_tvalid = scores", "m_axis_tvalid = sums", "data of another bus than valid"),
        ("scene.v", "tlast = 1'b1", "tlast = 1'b0", "m_axis_tlast is not always 1"),
        ("scene.v", "codes[9:0] = scores_held_data[9:0]", "codes[9:0] = scores_held_data[10:1]", "a lane is"),
        ("scene.v", "pixels_valid = s_axis_tvalid", "pixels_valid = s_axis_tdata[0]", "depends on data"),
        ("scene.v", ".rst(rst), .s_data(pixels", ".rst(s_axis_tdata[3]), .s_data(pixels", "depends on data"),
        ("scene_sums_weights.v", "words[3] =", "words[2] =", "a word is missing or there twice"),
        ("scene_sums_weights.v", "words[address]", "words[address ^ 1]", "is expected here"),
        ("edgeml_window.v", "last_x ? WAIT_X", "last_x ? SKIP_X", "is not edgeml's own text"),
        ("edgeml_fifo.v", "if (put) words", "if (s_data[0]) words", "does not only move them"),
        (
            "edgeml_fifo.v",
            "~count[ADDRESS];",
            "~count[ADDRESS] & s_data[0];",
            "m_axis_tvalid depends on data",
        ),
    ],
)
@pytest.mark.usefixtures("undriven")
def test_what_vectors_might_not_show_is_not_proven(
    file: str, old: str, new: str, reason: str, tmp_path: Path
) -> None:
    path = written(tmp_path) / file
    text = path.read_text()
    assert old in text, old
    path.write_text(text.replace(old, new, 1))
    try:
        reasons = open_stages(path.parent, network())
    except EdgemlError as error:
        reasons = [str(error)]
    assert any(reason in one for one in reasons), reasons


# ---------------------------------------------------------------- data and control


def flows(*texts: str) -> DataFlows:
    modules = [read_flow(text, "text.v") for text in texts]
    return DataFlows({module.name: module for module in modules})


INNER = "module inner (input a, input b, output c, output d);\n assign c = a, d = b;\nendmodule"


@pytest.mark.parametrize(
    ("body", "depends"),
    [
        ("assign v = r;", False),
        ("assign v = d[0];", True),
        ("assign v = m[d];", True),
        ("reg h; always @(posedge clk) if (d[0]) h <= r; assign v = h;", True),
        ("reg h; always @(posedge clk) if (r) h <= 1'b0; else if (d[1]) h <= r; assign v = h;", True),
        ("reg h; always @(posedge clk) begin if (r) h <= r; end assign v = h;", False),
        ("reg h, k; always @(posedge clk) {h, k} <= {d[0], r}; assign v = k;", True),
        ("reg [1:0] h; always @(posedge clk) h[d[0]] <= r; assign v = h[0];", True),
        ("wire w = d[0]; inner u (.a(w), .b(r), .c(v));", True),
        ("wire w = d[0]; inner u (.a(w), .b(r), .d(v));", False),
        ("genvar i; generate for (i = 0; i < 1; i = i + 1) begin : l assign v = d[i]; end endgenerate", True),
        ("integer k; reg h; always @* for (k = 0; k < 2; k = k + 1) h = h + d[k]; assign v = h;", True),
    ],
)  # fmt: skip
def test_what_depends_on_data_is_seen(body: str, depends: bool) -> None:
    head = "module top (input wire clk, input wire r, input wire [1:0] d, output wire v);\n"
    head += "  wire [3:0] m = 4'd3;\n"
    nets = flows(f"{head}{body}\nendmodule\n", INNER).nets("top", frozenset({"d"}))
    assert ("v" in nets) == depends


def test_no_part_lets_data_reach_its_handshake_and_those_that_move_do_not_compute() -> None:
    modules = {name: read_flow((RTL / f"{name}.v").read_text(), name) for name in moves.MOVES}
    of = DataFlows(modules)
    for name, module in modules.items():
        assert of.nets(name, frozenset({"s_data"})) & set(module.outputs) == {"m_data"}, name
        assert of.only_moves(name, frozenset({"s_data"})) == ""


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("edgeml_skid", "s_ready ? s_data : spare", "s_ready ? s_data + 1'b1 : spare"),
        ("edgeml_skid", "s_ready ? s_data : spare", "s_data[0] ? s_data : spare"),
        ("edgeml_fifo", "words[first]", "words[first ^ m_data]"),
        ("edgeml_window", "in_image ? s_data : FILL", "in_image ? ~s_data : FILL"),
        ("edgeml_collect", "{s_data, m_data", "{s_data & s_data, m_data"),
    ],
)
def test_a_part_that_computes_with_data_is_seen(name: str, old: str, new: str) -> None:
    text = (RTL / f"{name}.v").read_text()
    assert old in text
    of = flows(text.replace(old, new, 1))
    assert of.only_moves(name, frozenset({"s_data"})) != ""


def test_a_memory_is_read_word_by_word_or_not_at_all() -> None:
    text = design()["scene_sums_weights.v"].decode()
    memory = read_memory(text, "w.v")
    assert memory is not None
    assert (memory.depth, memory.bits) == (8, 3 * 4)
    assert read_memory(text.replace("posedge", "negedge"), "w.v") is None
    assert read_memory(f"// synopsys full_case\n{text.partition(chr(10))[2]}", "w.v") is None
    with pytest.raises(EdgemlError, match="does not have"):
        read_memory(text.replace("words[1] = 12'h", "words[1] = 12'hf", 1), "w.v")


# ---------------------------------------------------------------- driven


def part(name: str, module: str, values: dict[str, int], count: int, lanes: int, width: int) -> ChainPart:
    before = moves.every_element("x", count, lanes, width, False, ())
    return ChainPart(name, module, values, before, moves.MOVES[module](before, values))


def window(
    size: tuple[int, int], reach: tuple[int, int], stride: tuple[int, int], pads: tuple[int, ...]
) -> dict[str, int]:
    return {
        "PIXEL": 6, "HEIGHT": size[0], "WIDTH": size[1], "REACH_Y": reach[0], "REACH_X": reach[1],
        "STRIDE_Y": stride[0], "STRIDE_X": stride[1], "PAD_TOP": pads[0], "PAD_BOTTOM": pads[1],
        "PAD_LEFT": pads[2], "PAD_RIGHT": pads[3], "COUNT_Y": 3, "COUNT_X": 4, "FILL": 37,
    }  # fmt: skip


PARTS = [
    part("plain", "edgeml_window", window((5, 4), (3, 2), (1, 1), (0, 0, 0, 0)), 20, 2, 3),
    part("padded", "edgeml_window", window((4, 5), (3, 3), (2, 3), (1, 2, 2, 1)), 20, 2, 3),
    part("row", "edgeml_window", window((1, 7), (1, 3), (1, 2), (0, 0, 1, 1)), 7, 2, 3),
    part("frame", "edgeml_window", window((3, 3), (1, 1), (1, 1), (2, 1, 1, 1)), 9, 2, 3),
    part("held", "edgeml_skid", {"WIDTH": 6}, 3, 2, 3),
    part("queue", "edgeml_fifo", {"WIDTH": 6, "ADDRESS": 2}, 9, 2, 3),
    part("thin", "edgeml_serialize", {"PART": 3, "PARTS": 4, "COUNT": 2}, 2, 4, 3),
    part("whole", "edgeml_collect", {"PART": 6, "PARTS": 3, "COUNT": 2}, 6, 2, 3),
]


def needs_verilator() -> None:
    if verilator.missing():
        pytest.skip(verilator.missing())


@pytest.mark.tool
def test_parts_move_elements_as_said_and_another_claim_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    needs_verilator()
    names = {one.module for one in PARTS}
    driven = bench.PartBench(PARTS, {name: (RTL / f"{name}.v").read_text() for name in sorted(names)})
    for one in PARTS:
        driven.check_moves(one)

    for one in PARTS:
        rule = moves.MOVES[one.module]

        def backwards(x: moves.PassedBeats, values: Any, rule: Any = rule) -> moves.PassedBeats:
            after = rule(x, values)
            return after.shaped(after.ids[:, ::-1], after.codes[:, ::-1])

        def late(x: moves.PassedBeats, values: Any, rule: Any = rule) -> moves.PassedBeats:
            after = rule(x, values)
            return after.shaped(np.roll(after.ids, 1, axis=0), np.roll(after.codes, 1, axis=0))

        for wrong in (late, backwards) if one.after.lanes > 1 else (late,):
            with monkeypatch.context() as planted:
                planted.setitem(moves.MOVES, one.module, wrong)
                with pytest.raises(EdgemlError, match=r"moves elements to other places|ended with code"):
                    driven.check_moves(replace(one, after=wrong(one.before, one.values)))


@pytest.mark.tool
@pytest.mark.parametrize("pair_bits", [0, pytest.param(30, marks=pytest.mark.slow)])
def test_a_stream_is_proven_and_another_weight_refuted(pair_bits: int, tmp_path: Path) -> None:
    needs_verilator()
    folder = tmp_path / "verilog"
    files = emitted(network(), STREAM | {"pair_bits": pair_bits})
    assert files is not None and (b".PAIRS(1)" in files["scene.v"]) == bool(pair_bits)
    files.write(folder)
    proof = prove_folder(tmp_path, network(), ["verilog"]).results[0]
    assert (proof.verdict, proof.reason) == (Verdict.PROVEN, "")
    assert {step.value for step in proof.steps} >= {"conv", "act", "pool", "sums", "scores"}
    path = folder / "scene_sums_weights.v"
    text = path.read_text()
    at = text.index("words[2] = 12'h") + len("words[2] = 12'h")
    path.write_text(f"{text[:at]}{int(text[at], 16) ^ 1:x}{text[at + 1 :]}")
    proof = prove_folder(tmp_path, network(), ["verilog"]).results[0]
    assert proof.verdict is Verdict.REFUTED
    assert "sums" in proof.reason
    assert proof.witness is not None


def test_parameters_of_pairs_belong_together() -> None:
    before = moves.every_element("x", 8, 1, 3, False, ())
    values = {
        "LANES": 1,
        "ELEMENT": 3,
        "OUTPUTS": 3,
        "WEIGHT": 4,
        "SUM": 9,
        "BEATS": 8,
        "COUNT": 3,
        "PAIRS": 1,
    }
    assert moves.sums(before, "edgeml_fold", values) == (1, 3)
    for wrong in ({"PAIRS": 2}, {"SUM": 4}, {"EACH": 1}):
        with pytest.raises(EdgemlError, match="PAIRS"):
            moves.sums(before, "edgeml_fold", values | wrong)


@pytest.mark.slow
@pytest.mark.tool
def test_pairs_of_sums_without_a_sign_are_not_proven(tmp_path: Path) -> None:
    needs_verilator()
    build, rng = Builder("scene"), np.random.default_rng(0)
    x = build.input((8,), FixedType(False, 3, 0), "x")
    weights = build.const(rng.integers(1, 8, (8, 4)), FixedType(False, 3, 0), "weights")
    graph = build.graph(build.add(MatMul(), x, weights, name="sums"))
    files = emitted(graph, STREAM | {"reuse_factor": 8, "pair_bits": 40})
    assert files is not None and b".PAIRS(" not in files["scene.v"]
    files.write(tmp_path / "verilog")
    top = tmp_path / "verilog" / "scene.v"
    edited = top.read_text().replace(".SUM(", ".PAIRS(1), .SUM(")
    assert edited != top.read_text()
    top.write_text(edited)
    proof = prove_folder(tmp_path, graph, ["verilog"]).results[0]
    assert proof.verdict is not Verdict.PROVEN and "does not fit the" in proof.reason


@pytest.mark.slow
@pytest.mark.tool
def test_a_folded_stream_that_branches_is_proven(tmp_path: Path) -> None:
    needs_verilator()
    graph = branches.residual(4, 2)
    for options in (STREAM, STREAM | {"clocks_per_sample": 2_000, "pair_bits": 18}):
        files = emitted(graph, options)
        assert files is not None
        files.write(tmp_path / "verilog")
        proof = prove_folder(tmp_path, graph, ["verilog"]).results[0]
        assert (proof.verdict, proof.reason) == (Verdict.PROVEN, "")
