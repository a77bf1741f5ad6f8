"""Single ops: the rarer forms compiled and run, and refusals with their remedies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends.hls4ml import BACKEND
from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, FixedTypeArray, Overflow, Round
from edgeml.ir import Builder, Graph
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.repeat import Repeat
from edgeml.ir.ops.slice import Slice
from edgeml.ir.ops.sum_pool import SumPool
from edgeml.ir.ops.transpose import Transpose
from tests.backends.hls4ml.test_csim import equal
from tests.zoo import fixed, random_codes, ufixed

NONE = ((0, 0), (0, 0))


def wide_window(build: Builder, x: str) -> str:
    """A depthwise convolution with ones."""
    return build.add(SumPool((2, 2), (1, 1), NONE), x, name="sums")


def rare() -> Graph:
    """Forms of ops that presets have no use for."""
    build = Builder("rare")
    image = build.input((4, 5, 3), fixed(6, 3), "image")
    rows = build.input((6, 4), fixed(7, 3), "rows")
    per_channel = FixedTypeArray(True, np.full(3, 5), np.array([1, 2, 4]))
    outputs = [
        build.cast(image, per_channel, Round.RND_CONV, Overflow.SAT, name="channels"),
        build.cast(rows, FixedType(True, 4, -6), Round.RND_CONV, Overflow.SAT, name="far"),
        build.add(Slice((1, 1, 0), (3, 5, 3), (1, 1, 1)), image, name="cropped"),
        build.add(Slice((2, 0), (5, 4), (1, 1)), rows, name="cut"),
        build.add(Slice((0, 1), (6, 4), (2, 2)), rows, name="every_second"),
        build.add(Repeat(1, 2), image, name="doubled"),
        build.add(Repeat(0, 2), rows, name="twice"),
        build.add(Repeat(0, 1), rows, name="once"),
        wide_window(build, image),
        build.cast(rows, fixed(7, 3), Round.TRN, Overflow.WRAP, name="same"),
    ]
    # Both a 1-D and a 2-D depthwise layer: hls4ml's headers for them have one include guard.
    outputs.append(build.add(SumPool((2,), (2,), ((0, 0),)), rows, name="pairs"))
    return build.graph(*outputs)


@pytest.mark.slow
@pytest.mark.tool
@pytest.mark.parametrize("io_type", ["io_parallel", "io_stream"])
def test_rare_forms_are_exact(io_type: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEML_CACHE", str(tmp_path / "cache"))
    graph = rare()
    if io_type == "io_stream":  # each input has seven readers at most
        graph = Graph("rare", graph.nodes, [name for name in graph.outputs if name not in ("once", "same")])
    assert not BACKEND.refusals(graph, BACKEND.options({"io_type": io_type}))
    equal(graph, tmp_path / "p", io_type=io_type)


def test_no_two_headers_have_one_include_guard() -> None:
    """hls4ml 1.3.0 writes nnet_sepconv1d_latency.h with the guard of the 2-D header: both never compiled."""
    files = BACKEND.emit(rare(), BACKEND.options({}))
    guards = [
        line
        for name in files
        if name.startswith("firmware/nnet_utils/nnet_sepconv")
        for line in files[name].decode().splitlines()
        if line.startswith("#ifndef NNET")
    ]
    assert len(guards) == len(set(guards)) >= 4


def widths() -> Graph:
    build = Builder("g")
    x = build.input((3,), fixed(8, 4))
    to = FixedTypeArray(True, np.array([3, 4, 5]), np.array([1, 1, 1]))
    return build.graph(build.cast(x, to, Round.RND_CONV, Overflow.SAT, name="y"))


def constant_part() -> Graph:
    build = Builder("g")
    x = build.input((3,), fixed(8, 4))
    return build.graph(build.add(Concat(0), x, build.const(np.ones(2), fixed(8, 4)), name="y"))


def four_axes() -> Graph:
    build = Builder("g")
    x, y = (build.input((2, 2, 2, 2), fixed(4, 4), name) for name in "ab")
    return build.graph(build.add(Concat(0), x, y, name="y"))


def product_of_four_axes() -> Graph:
    build = Builder("g")
    x = build.input((2, 2, 2, 3), fixed(4, 4))
    weights = build.const(random_codes((3, 2), fixed(4, 1), 3), fixed(4, 1))
    return build.graph(build.add(MatMul(), x, weights, name="y"))


def larger_constant() -> Graph:
    build = Builder("g")
    x = build.input((1,), fixed(4, 4))
    return build.graph(build.add(Max(), x, build.const(np.arange(-2, 2), fixed(4, 4)), name="y"))


def larger_factor() -> Graph:
    build = Builder("g")
    x = build.input((1,), fixed(4, 4))
    return build.graph(build.add(Mul(), x, build.const(np.arange(1, 4), fixed(4, 4)), name="y"))


def too_many_wires() -> Graph:
    build = Builder("g")
    x = build.input((3, 5, 7), ufixed(3, 3))
    return build.graph(build.add(Transpose((1, 0, 2)), x, name="y"))


def far_shifts() -> Graph:
    build = Builder("g")
    x = build.input((2,), fixed(4, 4))
    to = FixedTypeArray(True, np.full(2, 4), np.array([-40, 40]))
    return build.graph(build.cast(x, to, Round.TRN, Overflow.WRAP, name="y"))


def far_drop() -> Graph:
    build = Builder("g")
    x = build.input((2,), FixedType(True, 4, 40))
    return build.graph(build.cast(x, FixedType(True, 4, -40), Round.RND, Overflow.SAT, name="y"))


@pytest.mark.parametrize(
    ("graph", "io_type", "message", "where"),
    [
        (widths, "io_stream", "widths that differ per element", "y"),
        (constant_part, "io_parallel", "a constant among the parts", "y"),
        (four_axes, "io_parallel", "parts with 4 axes", "y"),
        (product_of_four_axes, "io_parallel", "a product over an input of shape", "y"),
        (larger_constant, "io_parallel", "a constant that is larger than the value", "y"),
        (larger_factor, "io_parallel", "a constant that is larger than the value", "y"),
        (too_many_wires, "io_stream", "105 x 105 elements are too many to wire up", "y"),
        (far_shifts, "io_parallel", "bits", "y"),
        (far_drop, "io_parallel", "a cast that drops 80 bits", "y"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_refusals(graph: Callable[[], Graph], io_type: str, message: str, where: str) -> None:
    with pytest.raises(EdgemlError, match=message) as caught:
        BACKEND.emit(graph(), BACKEND.options({"io_type": io_type}))
    assert caught.value.where == where


def test_a_stride_between_the_rows_of_a_kernel_with_one_row_gets_a_second_row_in_a_stream() -> None:
    build = Builder("g")
    x = build.input((5, 4, 1), fixed(4, 2))
    kernel = build.const(random_codes((1, 2, 1, 2), fixed(4, 1), 5), fixed(4, 1))
    graph = build.graph(build.add(Conv((2, 1), NONE, (1, 1), 1), x, kernel, name="y"))
    files = BACKEND.emit(graph, BACKEND.options({"io_type": "io_stream"}))
    assert b"filt_height = 2" in files["firmware/parameters.h"]
