"""Every graph of the zoo as C, all in one program, by both compilers, with and without packed weights."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml import backends
from edgeml.backends.c.runner import HostProgram
from edgeml.fixed import IntArray
from edgeml.ir import Builder, Graph, evaluate_codes
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.sum_pool import SumPool
from tests.backends.c.packing import packing_few
from tests.backends.contract import core_ops
from tests.strategies import side_by_side
from tests.support import needs_c_compiler
from tests.zoo import codes, fixed, ufixed, zoo

pytestmark = [pytest.mark.tool, pytest.mark.slow]


def wide_sums() -> Graph:
    """Sums between 31 and 33 bits, which int32_t does not hold: of products, of a window, of two values."""
    build = Builder("wide_sums")
    x = build.input((4,), fixed(16, 8), "x")
    image = build.input((3, 3, 2), fixed(16, 8), "image")
    long = build.input((2, 4), fixed(31, 8), "long")
    low = build.const(np.full((4, 2), -(1 << 15)), fixed(16, 8), "fc.weight")
    kernel = build.const(np.full((2, 1, 2, 2), -(1 << 15)), fixed(16, 8), "conv.weight")
    outputs = [
        build.add(MatMul(), x, low, name="fc"),
        build.add(Conv((1, 1), ((1, 0), (0, 1)), (1, 1)), image, kernel, name="conv"),
        build.add(SumPool((2,), (1,), ((0, 0),)), long, name="pool"),
        build.add(Add(), long, long, name="sum"),
    ]
    return build.graph(*outputs)


def few_bits() -> Graph:
    """Weights of one to seven bits, few and many, in rows that begin anywhere or are cut off at the edges."""
    build = Builder("few_bits")
    x = build.input((13,), fixed(8, 4), "x")
    image = build.input((4, 5, 3), ufixed(8, 0), "image")
    long = build.input((16, 1366), ufixed(8, 0), "long")
    even = build.input((16,), fixed(8, 4), "even")
    deep = build.input((4, 5, 8), fixed(8, 0), "deep")
    outputs: list[str] = []
    for bits in range(1, 8):
        low = -(1 << (bits - 1))
        codes = 3 * np.arange(39).reshape(13, 3) % (1 << bits) + low  # all codes: 3 is odd
        weight = build.const(codes, fixed(bits + 1, 1), f"w{bits}")
        outputs.append(build.add(MatMul(), x, weight, name=f"fc{bits}"))
        weight = build.const(2 * codes + 1, fixed(bits + 2, 1), f"odd{bits}")
        outputs.append(build.add(MatMul(), x, weight, name=f"fc_odd{bits}"))
        taps = 5 * np.arange(108).reshape(3, 3, 3, 4) % (1 << bits) + low
        kernel = build.const(taps, fixed(bits + 1, 1), f"k{bits}")
        outputs.append(build.add(Conv((1, 1), ((1, 1), (1, 1)), (1, 1)), image, kernel, name=f"conv{bits}"))
        for step, start in ((1, low), (3, 3 * low), (2, low + 1)):  # signed, multiples of 3, odd ones
            own = step * (5 * np.arange(192).reshape(16, 12) % (1 << bits)) + start
            weight = build.const(own, fixed(bits + 3, 1), f"even{bits}_{step}")
            outputs.append(build.add(MatMul(), even, weight, name=f"by{step}_{bits}"))
        taps = 5 * np.arange(288).reshape(3, 3, 8, 4) % (1 << bits) + low
        kernel = build.const(taps, fixed(bits + 1, 1), f"deep{bits}")
        outputs.append(
            build.add(Conv((1, 1), ((1, 1), (1, 1)), (1, 1)), deep, kernel, name=f"deep_conv{bits}")
        )
        many = 3 * np.arange(4098).reshape(1366, 3) % (1 << bits) + low  # 16 times 4,098 products
        weight = build.const(many, fixed(bits + 1, 1), f"many{bits}")
        outputs.append(build.add(MatMul(), long, weight, name=f"long{bits}"))
    return build.graph(*outputs)


def pruned() -> Graph:
    """Weights of which most are zero: in rows, in windows with strides, dilation and groups; all of a row."""
    build = Builder("pruned")
    x = build.input((2, 120), fixed(8, 4), "x")
    image = build.input((9, 8, 12), fixed(8, 4), "image")
    line = build.input((40, 8), ufixed(8, 0), "line")
    w = build.const(sparse((120, 5), 3), fixed(8, 1), "w")
    k = build.const(sparse((3, 2, 6, 8), 4), fixed(8, 1), "k")
    taps = build.const(sparse((20, 8, 1), 5), fixed(8, 1), "taps")
    return build.graph(
        build.add(MatMul(), x, w, name="fc"),
        build.add(Conv((2, 1), ((0, 0), (0, 0)), (1, 2), 2), image, k, name="conv"),
        build.add(Conv((1,), ((0, 0),), (1,)), line, taps, name="line1"),
    )


def sparse(shape: tuple[int, ...], seed: int) -> IntArray:
    """Codes of 8 bits of which one in ten is not zero; the first column has none."""
    rng = np.random.default_rng(seed)
    result = np.where(rng.random(shape) < 0.1, rng.integers(-128, 127, shape, endpoint=True), 0)
    if shape[-1] > 1:
        result[..., 0] = 0
    return result


@pytest.mark.parametrize(
    ("compilers", "options"),
    [(("gcc", "clang"), {}), (("clang", "gcc"), {"pack_weights": True})],  # the first that works
    ids=["gcc", "clang, packed"],
)
def test_the_zoo_is_exact(compilers: tuple[str, ...], options: Mapping[str, Any], tmp_path: Path) -> None:
    needs_c_compiler(*compilers)
    back_end = backends.load("c")
    graph = side_by_side([*zoo().values(), wide_sums(), few_bits(), pruned()], "zoo")
    assert core_ops() <= {node.op.op_name() for node in graph.nodes}
    with packing_few():
        files = back_end.emit(graph, back_end.options(options))
    called = re.findall(rb"edgeml_dot_\w\w_([gps][1-7]t?)_i32\(x", files["src/model.c"])
    sums = {name.decode() for name in called}
    kinds = {f"{kind}{bits}{tail}" for kind in "sg" for bits in (1, 2, 3, 4, 6) for tail in ("", "t")}
    kinds |= {f"p{bits}" for bits in range(1, 8)}
    assert sums == (kinds if options else set())
    assert len(re.findall(rb"= edgeml_sparse_", files["src/model.c"])) >= 3
    files.write(tmp_path)
    inputs = codes(graph, 24)
    inner = [node.name for node in graph.nodes]
    expected = evaluate_codes(graph, inputs, [*graph.outputs, *inner])
    got = HostProgram(compilers).run_codes(tmp_path, graph, inputs, inner)
    assert set(graph.outputs) <= set(got) <= set(expected) and len(got) > len(graph.outputs) + 20
    for name, values in got.items():
        np.testing.assert_array_equal(values, expected[name], err_msg=name)
