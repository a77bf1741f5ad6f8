"""Bytes of weights of few bits and of pruned weights, counted in the emitted tables."""

from __future__ import annotations

import json

import numpy as np
import pytest

from edgeml import backends
from edgeml.fixed import IntArray
from edgeml.ir import Builder, Graph
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.mat_mul import MatMul
from tests.zoo import fixed

C = backends.load("c")
ROWS, COLUMNS = 64, 32
COUNT = ROWS * COLUMNS


def dense(codes: IntArray) -> Graph:
    build = Builder("dense")
    w = build.const(codes, fixed(8, 1), "w")
    return build.graph(build.add(MatMul(), build.input(codes.shape[:1], fixed(8, 1)), w))


def constant_bytes(graph: Graph, *, is_packed: bool) -> int:
    files = C.emit(graph, C.options({"pack_weights": is_packed}))
    return json.loads(files["edgeml.json"])["constant_bytes"]


@pytest.mark.parametrize(
    ("codes", "bits"),
    [((-1, 1), 1), ((-1, 0, 1), 2), (range(-4, 4), 3), (range(-8, 8), 4)],
    ids=["binary", "ternary", "3 bits", "4 bits"],
)
def test_weights_of_few_bits_take_their_bits(codes: tuple[int, ...], bits: int) -> None:
    values = np.resize(np.array(list(codes)), (ROWS, COLUMNS))
    assert constant_bytes(dense(values), is_packed=False) == COUNT
    assert constant_bytes(dense(values), is_packed=True) == COUNT * bits // 8 <= COUNT // 2
    odd = np.resize(np.array(list(codes)), (ROWS - 1, COLUMNS))  # one weight less in the last bytes of a row
    assert constant_bytes(dense(odd), is_packed=True) == COUNT * bits // 8


def test_weights_are_not_packed_where_code_takes_more_than_that_saves() -> None:
    for rows, columns, is_smaller in ((8, 8, False), (8, 9, True), (7, 10, False), (7, 12, True)):
        values = np.resize(np.arange(-8, 8), (rows, columns))
        sizes = [constant_bytes(dense(values), is_packed=is_packed) for is_packed in (False, True)]
        assert sizes == [values.size, (rows + 1) // 2 * columns if is_smaller else values.size]


@pytest.mark.parametrize("places", [0, 3, 7])
def test_a_bias_takes_no_bytes_for_the_zeros_that_it_ends_in(places: int) -> None:
    build = Builder("bias")
    w = build.const(np.resize(np.arange(-100, 101), (ROWS, COLUMNS)), fixed(8, 1 - places), "w")
    bias = build.const(np.resize(np.arange(-31, 32), (COLUMNS,)), fixed(6, 1), "b")
    sums = build.add(MatMul(), build.input((ROWS,), fixed(8, 1)), w)
    assert constant_bytes(build.graph(build.add(Add(), sums, bias)), is_packed=False) == COUNT + COLUMNS


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.45, 0.6])
def test_pruned_weights_are_skipped_where_that_is_smaller(share: float) -> None:
    rng = np.random.default_rng(0)
    values = np.where(rng.random((ROWS, COLUMNS)) < share, rng.integers(-128, 128, (ROWS, COLUMNS)), 0)
    own = constant_bytes(dense(values), is_packed=False)
    left = np.count_nonzero(values)
    sparse = 2 * left + (COLUMNS + 1) * (1 if left < 256 else 2)  # weight and gap, and where rows begin
    assert own == (sparse if sparse + 48 < COUNT else COUNT)
    assert (own < COUNT) == (share < 0.5)


def test_packed_weights_are_not_skipped_where_that_is_larger() -> None:
    rng = np.random.default_rng(1)
    values = np.where(rng.random((ROWS, COLUMNS)) < 0.3, rng.integers(-1, 2, (ROWS, COLUMNS)), 0)
    assert constant_bytes(dense(values), is_packed=True) == COUNT // 4
