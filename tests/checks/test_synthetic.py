"""Vectors made from the graph: floats for what takes floats, and casts driven to their ties and ends."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import onnx
import pytest

from edgeml import backends
from edgeml.backend import Runner, Takes
from edgeml.checks import golden as vectors
from edgeml.checks.artefacts import check_folder, check_graph
from edgeml.checks.events import events, possible
from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, Overflow, Round, to_float
from edgeml.ir import Builder, Graph, evaluate_codes
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.mat_mul import MatMul


def net(rounding: Round = Round.RND_CONV) -> Graph:
    build, rng = Builder("net"), np.random.default_rng(4)
    x = build.add(Input((6,), FixedType(False, 5, 4), rounding), name="x")
    w = build.const(rng.integers(-15, 16, (6, 5)), FixedType(True, 5, 3), "fc1.weight")
    s = build.add(MatMul(), x, w, name="fc1.matmul")
    h = build.add(Cast(FixedType(False, 4, 2), Round.RND_CONV, Overflow.SAT), s, name="act1")
    v = build.const(rng.integers(-15, 16, (5, 3)), FixedType(True, 5, 3), "fc2.weight")
    return build.graph(build.add(MatMul(), h, v, name="fc2.matmul"))


def real(graph: Graph) -> np.ndarray:
    """Data that never leave the middle of the range, on the grid."""
    return np.round(16 * np.random.default_rng(1).uniform(0.5, 1, (40, 6))) / 16


def test_the_same_graph_and_data_give_the_same_vectors():
    graph = net()
    assert vectors.make(graph, real(graph)).digest == vectors.make(net(), real(graph)).digest


def test_codes_are_those_of_the_floats():
    golden = vectors.make(net(), real(net()))
    made = golden.synthetic
    assert made is not None and golden.synthetic_count == made.samples >= 100
    from edgeml.ir import input_codes

    np.testing.assert_array_equal(input_codes(net(), made.x)["x"], made.inputs["x"])
    np.testing.assert_array_equal(
        evaluate_codes(net(), made.inputs)["fc2.matmul"], made.expected["fc2.matmul"]
    )


def test_floats_are_on_ties_beside_them_beyond_both_bounds_and_negative_zero():
    made = vectors.make(net(), real(net())).synthetic
    assert made is not None
    steps = made.x["x"].astype(np.float64) * 16
    ties = np.abs(steps - np.floor(steps)) == 0.5
    above = (np.nextafter(made.x["x"], np.float32(-1)).astype(np.float64) * 16) % 1 == 0.5
    below = (np.nextafter(made.x["x"], np.float32(9)).astype(np.float64) * 16) % 1 == 0.5
    for element in range(6):
        assert ties[:, element].any() and above[:, element].any() and below[:, element].any()
        assert (steps[:, element] > 32).any() and (steps[:, element] < -1).any()
    assert (np.signbit(made.x["x"]) & (made.x["x"] == 0)).any()


def test_casts_are_driven_to_ties_and_ends_that_the_data_do_not_reach():
    graph = net()
    golden = vectors.make(graph, real(graph))
    assert golden.synthetic is not None
    seen, driven = (events(graph, part.inputs).any(0) for part in (golden, golden.synthetic))
    assert not np.all(seen) and np.all(driven)
    assert np.size(driven) == sum(kind.sum() for cast in possible(graph) for kind in cast.kinds.values())


def test_a_large_input_has_fewer_vectors_and_bounded_memory(monkeypatch):
    def wide(size: int) -> Graph:
        build = Builder("wide")
        x = build.add(Input((size,), FixedType(False, 5, 4)), name="x")
        w = build.const(np.ones((size, 2), np.int64), FixedType(True, 5, 3), "fc.weight")
        return build.graph(build.add(MatMul(), x, w, name="fc"))

    def made(size: int) -> tuple[int, int]:
        tracemalloc.start()
        golden = vectors.make(wide(size), np.full((8, size), 0.5, np.float32))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return golden.synthetic_count, peak

    monkeypatch.setattr("edgeml.checks.synthetic._CODES", 2**18)
    monkeypatch.setattr("edgeml.checks.synthetic._POOL_CODES", 2**18)
    few, first = made(4096)
    fewer, second = made(16_384)
    assert 16 <= fewer < few < 512 and second < 1.5 * first


def test_an_input_is_rounded_in_parts_to_the_same_codes(monkeypatch):
    op, x = Input((3,), FixedType(True, 6, 3)), np.random.default_rng(2).normal(0, 2, (50, 3))
    whole = op.codes(x)
    monkeypatch.setattr("edgeml.ir.ops.input._AT_ONCE", 21)
    np.testing.assert_array_equal(op.codes(x), whole)
    assert op.codes(x).dtype == whole.dtype == np.int64


def test_head_is_about_real_samples():
    golden = vectors.make(net(), real(net()))
    assert (golden.head(3).samples, golden.head(3).synthetic_count) == (3, golden.synthetic_count)
    assert golden.joined().samples == golden.samples + golden.synthetic_count


def test_a_file_holds_both_parts_and_one_without_synthetic_ones_is_read(tmp_path):
    graph = net()
    golden = vectors.make(graph, real(graph))
    vectors.save(golden, tmp_path / "golden.npz")
    assert vectors.read(tmp_path / "golden.npz", graph).digest == golden.digest
    vectors.save(replace(golden, synthetic=None), tmp_path / "old.npz")
    old = vectors.read(tmp_path / "old.npz", graph)
    assert old.synthetic is None and old.digest != golden.digest
    assert vectors.with_synthetic(old, graph).digest == golden.digest


def test_a_damaged_synthetic_part_is_named(tmp_path):
    graph = net()
    golden = vectors.make(graph, real(graph))
    assert golden.synthetic is not None
    short = replace(golden.synthetic, expected={"fc2.matmul": golden.synthetic.expected["fc2.matmul"][:5]})
    vectors.save(replace(golden, synthetic=short), tmp_path / "golden.npz")
    with pytest.raises(EdgemlError, match=r"synthetic\.expected\.fc2"):
        vectors.read(tmp_path / "golden.npz", graph)


def test_rows_tell_real_and_synthetic_apart():
    check = check_graph(net(), real(net()), ["evaluate", "onnx", "qonnx"])
    for row in check.results:
        assert (row.status, row.samples) == ("exact", 40) and row.synthetic == check.synthetic > 100


def _floor(model: onnx.ModelProto) -> None:
    next(node for node in model.graph.node if node.op_type == "Round").op_type = "Floor"


def _first_constant(model: onnx.ModelProto, of: str, change: float) -> None:
    node = next(node for node in model.graph.node if node.op_type == of)
    held = {tensor.name: tensor for tensor in model.graph.initializer}
    for name in reversed(node.input):
        if name in held:
            values = onnx.numpy_helper.to_array(held[name])
            held[name].CopyFrom(
                onnx.numpy_helper.from_array((values * np.float32(change)).astype(values.dtype), name)
            )
            return
    raise AssertionError(f"{of} has no constant")


@pytest.mark.parametrize(
    "change",
    [
        _floor,
        lambda model: _first_constant(model, "Mul", 1.0000002),
        lambda model: _first_constant(model, "Clip", 2),
    ],
    ids=["Round becomes Floor", "a factor in its last bit", "a bound doubled"],
)
def test_a_changed_input_quantizer_is_a_mismatch_of_its_integers(tmp_path, change):
    """The data here lie on the grid and within the range: only synthetic floats show it."""
    graph = net()
    backends.load("onnx").emit(graph).write(tmp_path / "onnx")
    model = onnx.load(tmp_path / "onnx/exact.onnx")
    change(model)
    onnx.save(model, tmp_path / "onnx/exact.onnx")
    golden = vectors.make(graph, real(graph))
    row = check_folder(tmp_path, graph, golden, ["onnx"])["onnx"]
    assert row.status == "mismatch" and row.first is not None and row.first.synthetic
    runner = backends.load("onnx").runners()[0]
    unseen = runner.run_codes(tmp_path / "onnx", graph, golden.inputs)
    np.testing.assert_array_equal(unseen["fc2.matmul"], golden.expected["fc2.matmul"])


@pytest.mark.parametrize("mode", ["FLOOR", "HALF_UP"])
def test_a_changed_input_quantizer_of_qonnx_is_a_mismatch(tmp_path, mode):
    graph = net()
    backends.load("qonnx").emit(graph).write(tmp_path / "onnx")
    model = onnx.load(tmp_path / "onnx/qonnx.onnx")
    quant = next(node for node in model.graph.node if node.op_type == "Quant" and node.input[0] == "x")
    for attribute in quant.attribute:
        if attribute.name == "rounding_mode":
            attribute.s = mode.encode()
    onnx.save(model, tmp_path / "onnx/qonnx.onnx")
    golden = vectors.make(graph, real(graph))
    row = check_folder(tmp_path, graph, golden, ["qonnx"])["qonnx"]
    assert row.status == "mismatch" and row.first is not None and row.first.synthetic


@pytest.mark.parametrize("rounding", list(Round))
def test_every_rounding_of_an_input_is_exact_on_floats(rounding):
    graph = net(rounding)
    check = check_graph(graph, real(graph), ["evaluate", "onnx"])
    assert [row.status for row in check.results] == ["exact", "exact"], check.results


def test_the_emulator_takes_the_floats():
    import edgeml

    graph = net()
    made = vectors.make(graph, real(graph)).synthetic
    assert made is not None
    np.testing.assert_array_equal(
        edgeml.emulator(graph).predict(made.x["x"], raw=True), made.expected["fc2.matmul"]
    )


def test_a_runner_that_does_not_say_what_it_takes_is_an_error_when_it_is_made():
    with pytest.raises(TypeError, match="does not declare the input of its artefact"):
        type("Silent", (Runner,), {"name": "silent", "artefact": "x"})


def test_codes_given_to_what_takes_floats_are_refused(tmp_path):
    graph = net()
    backends.load("onnx").emit(graph).write(tmp_path)
    runner = backends.load("onnx").runners()[0]
    assert runner.takes is Takes.FLOATS
    with pytest.raises(EdgemlError, match="takes floats, not codes"):
        runner.run(tmp_path, graph, {"x": np.ones((2, 6), np.int64)})
    codes = {"x": np.arange(12).reshape(2, 6)}
    got = runner.run_codes(tmp_path, graph, codes)
    same = runner.run(tmp_path, graph, {"x": to_float(codes["x"], 4)})
    np.testing.assert_array_equal(got["fc2.matmul"], same["fc2.matmul"])
