"""Inner values read from the wires of Verilog, and broken Verilog whose first wrong op is named."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends.verilog.runner import Simulation
from edgeml.checks.artefacts import check_folder
from edgeml.checks.golden import Golden
from edgeml.checks.result import Result
from edgeml.ir import Builder, Graph, evaluate_codes
from edgeml.tools import verilator
from tests.backends.verilog.samples import emitted, small
from tests.backends.verilog.test_stream import cnn
from tests.zoo import codes, dense, fixed, ufixed, zoo

pytest.importorskip("da4ml", reason="da4ml is not installed")
pytestmark = [
    pytest.mark.tool,
    pytest.mark.skipif(bool(verilator.missing()), reason=verilator.missing() or "-"),
]


def shown(graph: Graph, folder: Path, samples: int = 30, **settings: object) -> set[str]:
    """The inner values that the Verilog shows, each compared with the reference."""
    emitted(graph, folder, **settings)
    inputs = codes(graph, samples)
    names = [node.name for node in graph.nodes if node.inputs]
    got = Simulation(stalls=False).run(folder, graph, inputs, names)
    expected = evaluate_codes(graph, inputs, names)
    for name, values in got.items():
        np.testing.assert_array_equal(values, expected[name], err_msg=name)
    return set(got)


def alter(folder: Path, file: str, pattern: str, new: str) -> None:
    """Replace the first place in a file that matches."""
    text = (folder / file).read_text()
    changed, count = re.subn(pattern, new, text, count=1)
    assert count == 1, text
    assert changed != text
    (folder / file).write_text(changed)


def checked(graph: Graph, folder: Path, samples: int = 40) -> Result:
    """`edgeml check --with verilog` on files in folder/verilog."""
    inputs = codes(graph, samples)
    golden = Golden(inputs, inputs, evaluate_codes(graph, inputs))
    (result,) = check_folder(folder, graph, golden, ["verilog"]).results
    return result


def deep() -> Graph:
    """Two dense layers, a table between them."""
    build = Builder("deep")
    x = build.input((4,), fixed(5, 2))
    x = build.cast(dense(build, x, "fc1", 3, fixed(4, 1), fixed(4, 1), 221), ufixed(4, 2), name="act1")
    return build.graph(dense(build, x, "fc2", 2, fixed(4, 1), fixed(4, 1), 223))


@pytest.mark.slow
def test_all_values_of_a_pipeline(tmp_path: Path) -> None:
    graph = deep()
    wanted = {node.name for node in graph.nodes if node.inputs}
    assert shown(graph, tmp_path, adders_per_stage=1) == wanted


@pytest.mark.slow
def test_values_of_a_stream_kernels_and_folded_layers(tmp_path: Path) -> None:
    graph = cnn(6)
    found = shown(graph, tmp_path, mode="stream")
    assert {"act1", "pool1", "act2", "act3", "logits"} <= found
    assert [name for name in found if "matmul" in name] and [name for name in found if "conv" in name]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["residual", "mlp_classes", "softmax", "several_inputs_outputs", "lookup"])
def test_values_of_the_zoo(name: str, tmp_path: Path) -> None:
    assert set(zoo()[name].outputs) <= shown(zoo()[name], tmp_path)


class TestTheFirstWrongOpIsNamed:
    @pytest.mark.slow
    def test_one_wrong_weight_in_the_first_layer(self, tmp_path: Path) -> None:
        emitted(deep(), tmp_path / "verilog")
        alter(tmp_path / "verilog", "deep_fc1.v", r" - ", " + ")
        result = checked(deep(), tmp_path)
        assert result.status == "mismatch" and result.first is not None
        assert deep().node(result.first.op).layer == "fc1"
        assert result.reason

    @pytest.mark.slow
    def test_one_wrong_weight_in_the_second_layer(self, tmp_path: Path) -> None:
        emitted(deep(), tmp_path / "verilog")
        alter(tmp_path / "verilog", "deep_fc2.v", r" - ", " + ")
        result = checked(deep(), tmp_path)
        assert result.first is not None
        assert deep().node(result.first.op).layer == "fc2"

    @pytest.mark.slow
    def test_another_rounding(self, tmp_path: Path) -> None:
        emitted(small(), tmp_path / "verilog")
        alter(tmp_path / "verilog", "compact_act.v", r"\{4'd0, \(", "{4'd0, ~(")
        result = checked(small(), tmp_path)
        assert result.first is not None and result.first.op == "act"

    @pytest.mark.slow
    def test_one_wrong_rom_word(self, tmp_path: Path) -> None:
        graph = zoo()["lookup"]
        manifest = emitted(graph, tmp_path / "verilog")
        (file,) = [n for n in manifest.files if "case (code)" in (tmp_path / "verilog" / n).read_text()]
        alter(tmp_path / "verilog", file, r"(table_1 = \d+'d)(\d+);", r"\g<1>0\g<2> ^ 1;")
        result = checked(graph, tmp_path, 400)
        assert result.status == "mismatch" and result.first is not None
        assert graph.node(result.first.op).op.op_name() == "lookup"

    @pytest.mark.slow
    def test_one_wrong_word_of_a_folded_layer_in_a_stream(self, tmp_path: Path) -> None:
        graph = cnn(6)
        emitted(graph, tmp_path / "verilog", mode="stream")
        word = r"(words\[2\] = 48'h\w+);"  # of an input and an output that are not always zero
        alter(tmp_path / "verilog", "small_cnn_fc1_matmul_weights.v", word, r"\1 ^ 48'h400000;")
        result = checked(graph, tmp_path, 100)
        assert result.first is not None
        assert graph.node(result.first.op).layer == "fc1"

    @pytest.mark.slow
    def test_one_wrong_line_of_a_kernel_in_a_stream(self, tmp_path: Path) -> None:
        graph = cnn(6)
        emitted(graph, tmp_path / "verilog", mode="stream")
        alter(tmp_path / "verilog", "small_cnn_conv2.v", r" - ", " + ")
        result = checked(graph, tmp_path)
        assert result.first is not None
        assert graph.node(result.first.op).layer == "conv2"


@pytest.mark.slow
def test_files_of_another_graph_show_nothing_inside(tmp_path: Path) -> None:
    """Same ports, other weights: the wires have no names that this graph could tell."""
    emitted(deep(), tmp_path)
    build = Builder("deep")
    x = build.input((4,), fixed(5, 2))
    x = build.cast(dense(build, x, "fc1", 3, fixed(4, 1), fixed(4, 1), 225), ufixed(4, 2), name="act1")
    other = build.graph(dense(build, x, "fc2", 2, fixed(4, 1), fixed(4, 1), 223))
    inputs = codes(other, 10)
    if other.info(other.outputs[0]).type != deep().info(deep().outputs[0]).type:
        pytest.fail("choose other weights: the ports have to be alike")
    got = Simulation(stalls=False).run(tmp_path, other, inputs, ["act1"])
    assert set(got) == set(other.outputs)
