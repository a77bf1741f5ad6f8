"""The files: exactly the asked types and numbers, nothing random, nothing printed, nothing left behind."""

from __future__ import annotations

import json
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends.hls4ml import BACKEND
from edgeml.backends.hls4ml.options import DEFAULT_PARTS
from edgeml.backends.hls4ml.planner import LayerPlan, plan_graph
from edgeml.backends.hls4ml.project import model_graph, quiet, verify
from edgeml.backends.hls4ml.reuse import choose
from edgeml.backends.hls4ml.weights import check_weights
from edgeml.errors import EdgemlError
from edgeml.files import FileSet
from edgeml.fixed import FixedType, Overflow, Round
from edgeml.ir import Builder, Graph
from edgeml.ir.ops.arg_max import ArgMax
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.max_pool import MaxPool
from tests.zoo import conv, dense, fixed, ufixed, zoo

GRAPHS = zoo()
LEAKED = re.compile(rb"fixed<16, ?6|fixed<18, ?8|fixed<61, ?29|\bauto_t\b")


def files(graph: Graph, **settings: object) -> FileSet:
    return BACKEND.emit(graph, BACKEND.options(settings))


def typedefs(project: FileSet) -> dict[str, str]:
    text = project["firmware/defines.h"].decode()
    return {name: kind for kind, name in re.findall(r"typedef (.+?) (\w+);", text)}


def plan(graph: Graph, backend: str = "Vitis", io_type: str = "io_parallel") -> LayerPlan:
    return plan_graph(graph, backend, io_type, "myproject")


class TestTypes:
    def test_every_type_of_an_mlp_is_the_graphs(self) -> None:
        graph = GRAPHS["mlp"]
        found = typedefs(files(graph))
        total = graph.info("fc1").scalar
        assert found["input_t"] == "ap_ufixed<8,0>"
        assert found["fc1_weight_t"] == found["fc1_bias_t"] == "ap_fixed<6,1>"
        assert found["fc1_accum_t"] == found["layer2_t"] == f"ap_fixed<{total.width},{total.integer}>"
        assert found["layer3_t"] == "ap_ufixed<6,2,AP_RND_CONV,AP_SAT,0>"
        last = graph.info("fc3").scalar
        assert found["result_t"] == f"ap_fixed<{last.width},{last.integer}>"

    @pytest.mark.parametrize("rounding", Round)
    @pytest.mark.parametrize("overflow", Overflow)
    def test_every_mode_of_a_cast(self, rounding: Round, overflow: Overflow) -> None:
        build = Builder("modes")
        x = build.input((4,), fixed(9, 4))
        graph = build.graph(build.cast(x, fixed(5, 2), rounding, overflow))
        found = typedefs(files(graph))["result_t"]
        if (rounding, overflow) == (Round.TRN, Overflow.WRAP):
            assert found == "ap_fixed<5,2>"  # the modes C++ has by default
        else:
            assert found == f"ap_fixed<5,2,AP_{rounding.value},AP_{overflow.value},0>"

    @pytest.mark.parametrize("io_type", ["io_parallel", "io_stream"])
    @pytest.mark.parametrize(
        "name", ["mlp", "cnn_2d", "cnn_1d", "mlp_classes", "lookup", "residual", "average_pool"]
    )
    def test_no_default_of_hls4ml_is_left(self, name: str, io_type: str) -> None:
        project = files(GRAPHS[name], io_type=io_type)
        for path in ("firmware/defines.h", "firmware/parameters.h"):
            assert not LEAKED.search(project[path])

    def test_a_changed_type_is_noticed(self) -> None:
        from hls4ml.model.types import FixedPrecisionType

        made, options = plan(GRAPHS["mlp"]), BACKEND.options({})
        parallel = choose(made.layers, options)
        for change, message in (
            (
                lambda m: setattr(m.graph["fc1"].types["accum_t"], "precision", FixedPrecisionType(9, 3)),
                "accum_t is",
            ),
            (
                lambda m: setattr(
                    m.graph["act1"].get_output_variable().type, "precision", FixedPrecisionType(9, 3)
                ),
                "result_t",
            ),
            (
                lambda m: m.graph["fc2"].weights["weight"].data.__setitem__((0, 0), 7.0),
                "the values of weight",
            ),
            (lambda m: m.graph["fc2"].set_attr("reuse_factor", 2), "strategy and reuse factor"),
            (lambda m: m.remove_node(m.graph["act1"]), "the layer was removed"),
        ):
            with quiet():
                model = model_graph(made, options, parallel, Path("unused"))
            verify(model, made, parallel)
            change(model)
            with pytest.raises(EdgemlError, match=message):
                verify(model, made, parallel)


class TestConstants:
    @pytest.mark.parametrize(
        "name", ["mlp", "frac_above_width", "negative_frac", "cnn_2d", "weights_per_element"]
    )
    def test_headers_and_text_hold_every_number_exactly(self, name: str, tmp_path: Path) -> None:
        graph = GRAPHS[name]
        files(graph).write(tmp_path)
        check_weights(tmp_path / "firmware" / "weights")
        for layer in plan(graph).layers:
            for key, held in layer.weights.items():
                (path,) = [
                    p
                    for p in (tmp_path / "firmware" / "weights").glob("*.txt")
                    if _owner(tmp_path, p.stem) == (layer.name, key)
                ]
                numbers = [float(word) for word in path.read_text().split(",")]
                assert sorted(numbers) == sorted(held.values.ravel().tolist())

    def test_different_headers_and_text_are_refused(self, tmp_path: Path) -> None:
        files(GRAPHS["mlp"]).write(tmp_path)
        folder = tmp_path / "firmware" / "weights"
        text = (folder / "w2.h").read_text()
        first = re.search(r"= \{(-?[\d.]+),", text)
        assert first is not None
        (folder / "w2.h").write_text(text.replace(first[0], "= {0.03125,", 1))
        with pytest.raises(EdgemlError, match="synthesis would use other weights"):
            check_weights(folder)
        (folder / "w2.h").unlink()
        with pytest.raises(EdgemlError, match="no such header"):
            check_weights(folder)

    def test_damaged_weights_are_named(self, tmp_path: Path) -> None:
        files(GRAPHS["mlp"]).write(tmp_path)
        (tmp_path / "firmware/weights/b2.txt").write_text("0.5, zero")
        with pytest.raises(EdgemlError, match=r"b2.txt: is not a list of numbers"):
            check_weights(tmp_path / "firmware" / "weights")


def _owner(folder: Path, variable: str) -> tuple[str, str]:
    """The layer and constant that a weight file belongs to, as the call in the C++ says."""
    source = (folder / "firmware" / "myproject.cpp").read_text()
    call = next(line for line in source.splitlines() if re.search(rf"nnet::.*\b{variable}\b.*//", line))
    keys = re.findall(r"\b([wbse])\d+\b", call)
    names = {"w": "weight", "b": "bias", "s": "scale", "e": "embeddings"}
    assert variable[0] in keys
    return call.split("// ")[1].strip(), names[variable[0]]


class TestPurity:
    @pytest.mark.parametrize("backend", DEFAULT_PARTS)
    def test_the_same_bytes_every_time_and_no_trace_of_the_machine(self, backend: str) -> None:
        first, second = (files(GRAPHS["mlp"], backend=backend) for _ in range(2))
        assert {path for path in first if first[path] != second[path]} == set()
        assert first.digest == second.digest
        for path in first:
            assert b"edgeml-hls4ml-" not in first[path], path
            assert str(Path.cwd()).encode() not in first[path], path

    def test_silent_and_nothing_left(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        monkeypatch.setattr("tempfile.tempdir", None)
        with warnings.catch_warnings(record=True) as caught:
            warnings.filterwarnings("always")
            files(GRAPHS["cnn_2d"], io_type="io_stream")
        assert capfd.readouterr() == ("", "")
        assert caught == []
        assert list(tmp_path.iterdir()) == []
        assert Path.cwd() == tmp_path

    def test_tensorflow_is_not_loaded(self) -> None:
        before = set(sys.modules)
        files(GRAPHS["mlp"])
        assert not {"tensorflow", "keras"} & (set(sys.modules) - before)

    def test_the_manifest_says_what_is_where(self) -> None:
        graph = GRAPHS["several_inputs_outputs"]
        manifest = json.loads(files(graph)["edgeml.json"])
        assert [port["value"] for port in manifest["inputs"]] == list(graph.inputs)
        assert [port["value"] for port in manifest["outputs"]] == list(graph.outputs)
        assert manifest["graph"] == graph.digest
        for port in manifest["values"]:
            assert port["shape"] == list(graph.info(port["value"]).shape)

    def test_project_name_part_and_clock(self) -> None:
        project = files(GRAPHS["mlp"], project="tagger", part="xczu7ev-ffvc1156-2-e", clock_period_ns=2.5)
        assert b"void tagger(" in project["firmware/tagger.cpp"]
        script = project["project.tcl"].decode()
        assert 'set part "xczu7ev-ffvc1156-2-e"' in script
        assert "set clock_period 2.5" in script

    def test_without_trace_the_source_has_no_hooks(self) -> None:
        assert b"save_layer_output" in files(GRAPHS["mlp"])["firmware/myproject.cpp"]
        assert b"save_layer_output" not in files(GRAPHS["mlp"], trace=False)["firmware/myproject.cpp"]


class TestRefusals:
    @pytest.mark.slow
    def test_every_graph_of_the_zoo_is_written_or_refused_by_name(self) -> None:
        for name, graph in GRAPHS.items():
            options = BACKEND.options({"io_type": "io_stream"})
            refusals = BACKEND.refusals(graph, options)
            for refusal in refusals:
                assert refusal.reason
                assert refusal.op
            if refusals:
                with pytest.raises(EdgemlError, match="hls4ml cannot express this"):
                    BACKEND.emit(graph, options)
            else:
                assert BACKEND.emit(graph, options)["edgeml.json"], name

    def test_a_port_of_more_bits_than_a_double_is_refused_before_anything_is_written(self) -> None:
        """C simulation could not compare it: the bridge of the project hands doubles over."""
        with pytest.raises(EdgemlError, match=r"60 bits at a port.*exact to 53") as caught:
            files(GRAPHS["beyond_float"])
        assert caught.value.where == "product"
        assert "at most 53 bits" in caught.value.hint

    def test_a_weight_of_more_bits_than_a_double_is_refused(self) -> None:
        build = Builder("heavy")
        x = build.input((1,), fixed(2, 2))
        weight = build.const(np.array([[2**55 + 1]]), fixed(57, 57), "heavy")
        product = build.add(MatMul(), x, weight, name="fc")
        graph = build.graph(build.cast(product, fixed(8, 8), name="y"))
        with pytest.raises(EdgemlError, match="a weight of more than 53 bits"):
            files(graph)

    def test_overlapping_pools_in_a_stream(self) -> None:
        build = Builder("g")
        x = build.input((6, 6, 1), fixed(4, 2))
        graph = build.graph(build.add(MaxPool((3, 3), (2, 2), ((0, 0), (0, 0))), x, name="pool"))
        (refusal,) = BACKEND.refusals(graph, BACKEND.options({"io_type": "io_stream"}))
        assert refusal.node == "pool"
        assert "without overlap" in refusal.reason
        assert BACKEND.refusals(graph, BACKEND.options({})) == ()

    def test_a_layer_that_the_back_end_would_leave_out(self) -> None:
        (refusal, *_) = BACKEND.refusals(GRAPHS["cnn_2d"], BACKEND.options({"backend": "Libero"}))
        assert "Libero back end has no Conv2D" in refusal.reason

    def test_hls4mls_own_refusal_is_an_error_with_its_reason(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from hls4ml.model.graph import ModelGraph

        def refuse(*_: object, **__: object) -> None:
            raise RuntimeError("no such thing")

        monkeypatch.setattr(ModelGraph, "from_layer_list", refuse)
        with pytest.raises(EdgemlError, match="hls4ml does not accept the network: no such thing"):
            files(GRAPHS["mlp"])


class TestNames:
    @pytest.mark.parametrize(
        "name", ["input", "class", "w2", "layer3_out", "nnet", "softmax", "y1", "myproject"]
    )
    def test_names_that_cplusplus_or_hls4ml_use(self, name: str) -> None:
        build = Builder("g")
        x = build.input((3,), fixed(4, 2), name)
        names = {
            layer.name
            for layer in plan(build.graph(dense(build, x, "fc", 2, fixed(3, 1), fixed(3, 1), 1))).layers
        }
        assert name not in names
        assert len(names) == 2

    def test_names_that_differ_in_case_only(self) -> None:
        build = Builder("g")
        x = build.input((3,), fixed(4, 2), "x")
        one = dense(build, x, "FC", 3, fixed(3, 1), fixed(3, 1), 1)
        two = dense(build, one, "fc", 3, fixed(3, 1), fixed(3, 1), 2)
        names = [layer.name.lower() for layer in plan(build.graph(two)).layers]
        assert len(set(names)) == len(names) == 3


def test_each_dense_layer_of_a_network_has_its_own_strategy() -> None:
    project = files(
        GRAPHS["mlp"], strategy={"fc1": "resource", "default": "latency"}, reuse_factor={"fc1": 4}
    )
    text = project["firmware/parameters.h"].decode()
    blocks = re.findall(r"struct config\d+ : nnet::dense_config \{.*?\};", text, re.DOTALL)
    assert [re.search(r"strategy = nnet::(\w+)", b)[1] for b in blocks] == ["resource", "latency", "latency"]  # type: ignore[index]
    assert [int(re.search(r"reuse_factor = (\d+)", b)[1]) for b in blocks] == [4, 1, 1]  # type: ignore[index]


def test_a_convolution_keeps_its_pixels_and_strides() -> None:
    build = Builder("g")
    x = build.input((6, 5, 2), ufixed(4, 0))
    graph = build.graph(conv(build, x, "c", (3, 2), 3, 1, strides=(2, 1), padding=((1, 0), (0, 1))))
    (layer,) = [layer for layer in plan(graph).layers if layer.kind == "Conv2D"]
    wanted = {
        "in_height": 6,
        "in_width": 5,
        "out_height": 3,
        "out_width": 5,
        "stride_height": 2,
        "pad_top": 1,
    }
    assert {key: layer.attributes[key] for key in wanted} == wanted
    assert layer.products == (12, 3)
    assert layer.weights["weight"].type == FixedType(True, 4, 3)
    assert np.array_equal(layer.weights["weight"].codes, graph.constant("c.weight"))


@pytest.mark.parametrize(
    ("name", "settings", "reason"),
    [
        ("max_min", {"backend": "Catapult", "io_type": "io_stream"}, "does not compile in hls4ml's Catapult"),
        ("lookup", {"backend": "Catapult"}, "cannot look up a fixed-point value"),
        ("lookup", {"backend": "Quartus", "io_type": "io_stream"}, "cannot look up a fixed-point value"),
        ("mlp_classes", {"backend": "Catapult"}, "has no argmax"),
        ("cast_modes", {"io_type": "io_stream"}, "copies a stream at most 7 times"),
        ("cast_per_element", {"io_type": "io_stream"}, "widths that differ per element"),
    ],
)
def test_forms_that_do_not_compile_or_differ_are_refused_before_they_are_written(
    name: str, settings: dict[str, object], reason: str
) -> None:
    refusals = BACKEND.refusals(GRAPHS[name], BACKEND.options(settings))
    assert any(reason in refusal.reason for refusal in refusals)
    assert all(refusal.remedy for refusal in refusals)


def test_argmax_of_wide_values_on_quartus() -> None:
    build = Builder("g")
    x = build.input((3,), fixed(40, 20))
    graph = build.graph(build.add(ArgMax(), x, name="label"))
    (refusal,) = BACKEND.refusals(graph, BACKEND.options({"backend": "Quartus"}))
    assert (refusal.node, refusal.op) == ("label", "arg_max")
    assert BACKEND.refusals(graph, BACKEND.options({})) == ()
