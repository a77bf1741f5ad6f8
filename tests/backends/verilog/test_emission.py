"""The emitted files, without any tool: determinism, refusals, options, manifest, names."""

from __future__ import annotations

import json
import re

import pytest

from edgeml.backends.verilog import BACKEND
from edgeml.backends.verilog.manifest import MANIFEST, VerilogManifest
from edgeml.backends.verilog.names import Names
from edgeml.errors import EdgemlError
from edgeml.ir import Builder, Graph
from edgeml.ir.ops.relu import Relu
from tests.backends.verilog.samples import partly_read, small
from tests.zoo import dense, fixed, zoo

pytest.importorskip("da4ml", reason="da4ml is not installed")


@pytest.mark.parametrize("name", ["mlp", "cnn_1d", "several_inputs_outputs", "lookup"])
def test_the_same_graph_gives_the_same_bytes(name: str) -> None:
    assert BACKEND.emit(zoo()[name]).digest == BACKEND.emit(zoo()[name]).digest


def test_every_graph_of_the_zoo_is_emitted() -> None:
    for graph in zoo().values():
        assert not BACKEND.refusals(graph, BACKEND.options({})), graph.name


def test_a_layer_is_a_module_and_names_are_the_models() -> None:
    files = BACKEND.emit(zoo()["mlp"])
    assert {"mlp.v", "mlp_core.v", "mlp_fc1.v", "mlp_act1.v", "mlp_fc3.v"} <= set(files)
    text = files["mlp_fc1.v"].decode()
    assert re.search(r"^module mlp_fc1 \($", text, re.MULTILINE)
    assert len(re.findall(r"^  wire signed \[\d+:0\] fc1_\d+ = ", text, re.MULTILINE)) == 12
    assert "// fc1.matmul: mat_mul" in text


def test_a_graph_that_is_too_large_is_refused_with_numbers_and_a_remedy() -> None:
    options = BACKEND.options({"unroll_limit": 10, "mode": "parallel"})
    (refusal,) = BACKEND.refusals(small(), options)
    assert (refusal.node, refusal.op) == ("fc.matmul", "mat_mul")
    assert "at most 10" in refusal.reason and "unroll_limit" in refusal.remedy
    with pytest.raises(
        EdgemlError, match=r"fc\.matmul: verilog cannot express this mat_mul: unrolled it takes"
    ):
        BACKEND.emit(small(), options)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"clok_mhz": 100}, "did you mean clock_mhz"),
        ({"clock_mhz": 0}, "clock_mhz = 0"),
        ({"adders_per_stage": 0}, "adders_per_stage = 0"),
        ({"top": "module"}, "reserved word"),
        ({"top": "a-b"}, "identifier"),
    ],
)
def test_options_are_checked(settings: dict[str, object], message: str) -> None:
    with pytest.raises(EdgemlError, match=message):
        BACKEND.options(settings)


def test_a_faster_clock_gives_more_stages() -> None:
    def latency(**settings: object) -> int:
        return json.loads(BACKEND.emit(zoo()["mlp"], BACKEND.options(settings))[MANIFEST])["latency"]

    assert latency(clock_mhz=25) < latency(clock_mhz=100) < latency(adders_per_stage=1)


def test_inputs_that_no_output_depends_on_have_no_register() -> None:
    files = BACKEND.emit(partly_read())
    text = files["partly.v"].decode()
    assert re.findall(r"reg \[(\d+):0\] (\w+);", text) == [("14", "held_x")]
    assert "held_x <= {\n    in_x[10 +: 10],\n    in_x[0 +: 5]};" in text
    assert "now_x = {\n    10'd0,\n    held_x[5 +: 10],\n    5'd0,\n    held_x[0 +: 5]};" in text
    assert "now_unread = {\n    12'd0};" in text


def test_inputs_that_are_all_read_are_one_register() -> None:
    text = BACKEND.emit(small())["compact.v"].decode()
    assert re.search(r"^  reg \[19:0\] now_\w+;$", text, re.MULTILINE) and "held_" not in text


def test_the_manifest_tells_ports_packing_latency_and_interval(tmp_path) -> None:
    graph = zoo()["several_inputs_outputs"]
    BACKEND.emit(graph).write(tmp_path)
    manifest = VerilogManifest.read(tmp_path)
    assert [lanes.value for lanes in manifest.input.values] == list(graph.inputs)
    assert [lanes.value for lanes in manifest.output.values] == list(graph.outputs)
    for stream in (manifest.input, manifest.output):
        offset = 0
        for lanes in stream.values:
            assert lanes.offset == offset and lanes.width <= lanes.lane
            offset += lanes.lane * lanes.elements
        assert stream.bits == offset
    assert (manifest.interval, manifest.graph) == (1, graph.digest)


@pytest.mark.parametrize(
    "damage",
    [
        lambda m: m.pop("latency"),
        lambda m: m.update(files=["../x.v"]),
        lambda m: m.update(schema=9),
        lambda m: m.update(input=3),
    ],
)
def test_a_damaged_manifest_is_refused(tmp_path, damage) -> None:
    BACKEND.emit(small()).write(tmp_path)
    found = json.loads((tmp_path / MANIFEST).read_text())
    damage(found)
    (tmp_path / MANIFEST).write_text(json.dumps(found))
    with pytest.raises(EdgemlError, match="edgeml"):
        VerilogManifest.read(tmp_path)


def test_names_that_verilog_reserves_or_that_collide_are_changed() -> None:
    names = Names("clk")
    assert [names.unique(n) for n in ("reg", "fc1.add", "fc1_add", "Clk", "3x3")] == [
        "x_reg",
        "fc1_add",
        "fc1_add_v2",
        "x_Clk",
        "x_3x3",
    ]


def awkward() -> Graph:
    """Layers called like keywords, like ports and like elements of each other."""
    build = Builder("module")
    x = dense(build, build.input((3,), fixed(4, 2), "wire"), "reg", 2, fixed(3, 1), fixed(3, 1), 5)
    y = build.add(Relu(), x, name="clk")
    z = build.add(Relu(), x, name="reg_0")
    return build.graph(y, z)


def test_awkward_names_are_emitted() -> None:
    files = BACKEND.emit(awkward())
    assert json.loads(files[MANIFEST])["top"] == "x_module"
