"""Bytes of weights of few bits and of pruned weights, counted in the emitted tables."""

from __future__ import annotations

import json

import numpy as np
import pytest

from edgeml import backends
from edgeml.fixed import IntArray
from edgeml.ir import Builder, Graph
from edgeml.ir.ops.mat_mul import MatMul
from tests.zoo import fixed

C = backends.load("c")
ROWS, COLUMNS = 64, 32
COUNT = ROWS * COLUMNS


def dense(codes: IntArray) -> Graph:
    build = Builder("dense")
    w = build.const(codes, fixed(8, 1), "w")
    return build.graph(build.add(MatMul(), build.input((ROWS,), fixed(8, 1)), w))


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
    spare = 8 % bits != 0  # two bytes are read where a code can lie in both
    packed = constant_bytes(dense(values), is_packed=True)
    assert packed == COUNT * bits // 8 + spare <= COUNT // 2


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
