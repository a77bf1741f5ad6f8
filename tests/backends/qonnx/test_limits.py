"""QONNX at the ends: exponents of float32, widths per element, one signed bit, inputs between two codes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeml.backends.qonnx import BACKEND
from edgeml.backends.qonnx.rules import fused_biases
from edgeml.backends.qonnx.runner import QonnxRunner, execute, load_model
from edgeml.fixed import FixedType, FixedTypeArray, Overflow, Round, cast
from edgeml.ir import Builder, Graph, evaluate, evaluate_codes
from edgeml.ir.grid import grids
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.scale import Scale
from edgeml.passes import prepare
from tests.strategies import graph_codes, graphs

pytest.importorskip("qonnx", reason="qonnx is not installed")

OPTIONS = BACKEND.options({})
NIBBLE = FixedType(True, 4, 0)


def check(graph: Graph, inputs: dict[str, np.ndarray], folder: Path) -> None:
    """All values equal the reference."""
    BACKEND.emit(graph).write(folder)
    inner = [node.name for node in graph.nodes if node.inputs]
    expected = evaluate_codes(graph, inputs, [*graph.outputs, *inner])
    got = QonnxRunner().run_codes(folder, graph, inputs, inner)
    assert set(graph.outputs) <= set(got)
    for name, values in got.items():
        np.testing.assert_array_equal(values, expected[name], err_msg=f"{name}\n{graph}")


def far(shift: int, to_frac: int, from_frac: int = 0) -> Graph:
    build = Builder("far")
    x = build.add(Scale(shift), build.input((2,), FixedType(True, 4, from_frac), "x"))
    return build.graph(build.cast(x, FixedType(True, 4, to_frac), Round.TRN, name="act"))


@pytest.mark.parametrize(
    ("graph", "node"),
    [
        (far(-200, 100, from_frac=-100), "scale"),  # the factor 2^-200 is no float32
        (far(0, -60, from_frac=90), "act"),  # the quotient is subnormal: floor would lose its sign
        (far(0, 90, from_frac=-60), "act"),  # the quotient is infinite
        (far(0, 130, from_frac=125), "act"),  # the scale is subnormal
    ],
)
def test_exponents_beyond_float32_are_refused(graph: Graph, node: str) -> None:
    refusals = BACKEND.refusals(graph, OPTIONS)
    assert node in {refusal.node for refusal in refusals}
    assert all("float32's exponents" in refusal.reason for refusal in refusals)


@pytest.mark.parametrize(("shift", "to"), [(-60, 60), (60, -62), (-60, 0), (60, 2)])
def test_large_and_small_exponents_are_exact(shift: int, to: int, tmp_path: Path) -> None:
    check(far(shift, to), {"x": np.arange(-8, 8).reshape(8, 2)}, tmp_path)


@pytest.mark.parametrize("frac", [300, -300])
def test_a_constant_beyond_float32_is_refused_even_if_it_is_zero(frac: int) -> None:
    build = Builder("zero")
    x = build.input((2,), NIBBLE)
    zero = build.const(np.zeros(2, int), FixedType(True, 4, frac), "zero")
    graph = build.graph(build.add(Mul(), x, zero))
    assert "zero" in {refusal.node for refusal in BACKEND.refusals(graph, OPTIONS)}


@pytest.mark.parametrize("overflow", [Overflow.SAT, Overflow.SAT_SYM])
@pytest.mark.parametrize("rounding", list(Round))
@pytest.mark.parametrize("signed", [False, True])
def test_widths_and_lsbs_per_element(
    rounding: Round, overflow: Overflow, signed: bool, tmp_path: Path
) -> None:
    build = Builder("widths")
    x = build.input((5,), FixedType(True, 9, 5), "x")
    to = FixedTypeArray(signed, [1, 2, 5, 3, 1], [0, 2, 1, -1, 3])
    graph = build.graph(build.add(Cast(to, rounding, overflow), x, name="act"))
    check(graph, {"x": np.repeat(np.arange(-256, 256), 5).reshape(-1, 5)}, tmp_path)


@pytest.mark.parametrize("overflow", [Overflow.SAT, Overflow.SAT_SYM])
@pytest.mark.parametrize("rounding", list(Round))
def test_one_signed_bit_is_minus_one_and_zero_not_bipolar(
    rounding: Round, overflow: Overflow, tmp_path: Path
) -> None:
    build = Builder("bit")
    x = build.input((1,), FixedType(True, 6, 2), "x")
    graph = build.graph(build.cast(x, FixedType(True, 1, 0), rounding, overflow, name="act"))
    inputs = {"x": np.arange(-32, 32)[:, np.newaxis]}
    check(graph, inputs, tmp_path)
    assert set(np.unique(evaluate_codes(graph, inputs)["act"])) == {-1, 0}


@pytest.mark.parametrize("rounding", list(Round))
@pytest.mark.parametrize("frac", [0, 3, -2])
@pytest.mark.parametrize("signed", [False, True])
def test_every_float_around_ties_and_ends_enters_as_the_reference_says(
    rounding: Round, frac: int, signed: bool
) -> None:
    type = FixedType(signed, 4, frac)
    halves = np.ldexp(np.arange(-40, 41) / 4, -frac).astype(np.float32)
    x = np.concatenate(
        [halves, *(np.nextafter(halves, np.float32(end)) for end in (-np.inf, np.inf)), [-1e30, 1e30]]
    ).astype(np.float32)[np.newaxis]
    build = Builder("floats")
    graph = build.graph(
        build.add(Scale(0), build.add(Input(x.shape[1:], type, rounding), name="x"), name="y")
    )
    refusals = BACKEND.refusals(graph, OPTIONS)
    assert bool(refusals) is (rounding is Round.TRN and frac < 0)
    if not refusals:
        context = execute(load_model(BACKEND.emit(graph)["qonnx.onnx"], "floats"), {"x": x}, "floats")
        np.testing.assert_array_equal(context["y"], evaluate(graph, x))


@pytest.mark.parametrize("overflow", [Overflow.WRAP, Overflow.SAT_ZERO])
def test_an_input_that_does_not_saturate_is_refused(overflow: Overflow) -> None:
    build = Builder("input")
    graph = build.graph(build.add(Scale(0), build.add(Input((2,), NIBBLE, overflow=overflow), name="x")))
    (refusal,) = BACKEND.refusals(graph, OPTIONS)
    assert (refusal.node, refusal.op) == ("x", "input")
    assert overflow.value in refusal.reason


def test_a_constant_joined_to_a_value(tmp_path: Path) -> None:
    build = Builder("joined")
    x = build.input((2, 3), NIBBLE, "x")
    c = build.const(np.arange(3).reshape(1, 3), NIBBLE, "c")
    graph = build.graph(build.add(Concat(0), x, c, x, name="y"))
    check(graph, {"x": np.random.default_rng(0).integers(-8, 8, (7, 2, 3))}, tmp_path)


def biased(bias: int, shape: tuple[int, ...], width: int = 4) -> Graph:
    rng = np.random.default_rng(1)
    build = Builder("biased")
    x = build.input((4, 3), FixedType(True, width, 0), "x")
    w = build.const(rng.integers(-8, 8, (2, 3, 2)), NIBBLE, "w")
    conv = build.add(Conv((1,), ((0, 0),), (1,)), x, w, name="conv")
    c = build.const(np.full(shape, bias), FixedType(True, 25, 0), "b")
    return build.graph(build.add(Add(), conv, c, name="y"))


@pytest.mark.parametrize(
    ("bias", "shape", "fused"),
    [(3, (2,), True), (3, (), True), (3, (1, 2), True), (3, (3, 1), False), (3, (3, 2), False)],
)
def test_a_bias_per_filter_is_part_of_the_conv(
    bias: int, shape: tuple[int, ...], fused: bool, tmp_path: Path
) -> None:
    graph = biased(bias, shape)
    core = prepare(graph)
    assert bool(fused_biases(core, grids(core))) is fused
    rng = np.random.default_rng(2)
    check(graph, {"x": rng.integers(-8, 8, (9, 4, 3))}, tmp_path)


def test_a_bias_that_the_sums_have_no_room_for_is_refused() -> None:
    graph = biased((1 << 24) - 1, (2,))
    core = prepare(graph)
    assert not fused_biases(core, grids(core))
    assert [refusal.node for refusal in BACKEND.refusals(graph, OPTIONS)] == ["y"]
    assert "25 bits" in BACKEND.refusals(graph, OPTIONS)[0].reason


@pytest.mark.parametrize("narrow", [0, 1])
@pytest.mark.parametrize(
    ("mode", "rounding"),
    [
        ("ROUND", Round.RND_CONV),
        ("FLOOR", Round.TRN),
        ("DOWN", Round.TRN_ZERO),
        ("HALF_UP", Round.RND_INF),
        ("HALF_DOWN", Round.RND_ZERO),
    ],
)
@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated:DeprecationWarning")  # qonnx 1.0 on NumPy 2.5
def test_quant_itself_does_what_we_take_it_for(mode: str, rounding: Round, narrow: int) -> None:
    """The package's own function against the integer cast, all values on a fine grid."""
    from qonnx.custom_op.general.quant import quant

    codes = np.arange(-400, 401)
    to = FixedType(True, 4, 1)
    x = (codes / 16).astype(np.float32)
    scale, zero, width = (np.array(value, np.float32) for value in (0.5, 0.0, 4.0))
    expected = cast(codes, 4, to, rounding, Overflow.SAT_SYM if narrow else Overflow.SAT)
    np.testing.assert_array_equal(quant(x, scale, zero, width, True, bool(narrow), mode) * 2, expected)


@pytest.mark.slow
@settings(max_examples=300, suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large))
@given(
    graph=st.one_of(
        graphs(max_width=8, max_nodes=8),
        graphs(max_width=20, max_nodes=5),
        graphs(ops=("conv", "max_pool", "sum_pool", "relu", "add", "reshape", "mat_mul", "cast", "concat")),
    ),
    data=st.data(),
)
def test_many_random_graphs(
    graph: Graph, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if not BACKEND.refusals(graph, OPTIONS):
        check(graph, data.draw(graph_codes(graph)), tmp_path_factory.mktemp("qonnx"))
