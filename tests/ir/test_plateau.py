"""Bounds of convolutions from images without the rows that repeat, and products of integers by BLAS."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.fixed import FixedType
from edgeml.ir import Builder, evaluate_codes
from edgeml.ir.info import ValueInfo
from edgeml.ir.ops._linear import carried
from edgeml.ir.ops._plateau import shortened, spread
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.mat_mul import MatMul


@pytest.mark.parametrize("seed", range(40))
def test_bounds_are_those_of_every_pixel(seed: int) -> None:
    """Images with bands of equal rows and columns, against the sum of products of each window."""
    rng = np.random.default_rng(seed)
    rank, channels = int(rng.integers(1, 3)), 2
    sizes, kernel = rng.integers(7, 20, rank), rng.integers(1, 4, rank)
    strides, dilation = tuple(rng.integers(1, 4, rank).tolist()), tuple(rng.integers(1, 3, rank).tolist())
    padding = tuple((int(a), int(b)) for a, b in rng.integers(0, 4, (rank, 2)))
    ends = []
    for _ in range(2):
        image = np.broadcast_to(rng.integers(-9, 9, channels), (*sizes, channels)).copy()
        for axis, size in enumerate(sizes):
            touched = rng.random(size) < rng.choice([0.0, 0.1, 0.9])
            np.moveaxis(image, axis, 0)[touched] += rng.integers(0, 5)
        ends.append(image)
    lo, hi = np.minimum(*ends), np.maximum(*ends)
    weights = rng.integers(-4, 5, (*kernel, channels, 3))
    op = Conv(strides, padding, dilation)
    w = ValueInfo.exact(weights, weights, 0)
    found = op.infer(ValueInfo.exact(lo, hi, 0), w)
    every = [np.where(weights > 0, weights, 0), np.where(weights < 0, weights, 0)]
    low, high = (
        op._convolve(a[np.newaxis], every[0])[0] + op._convolve(b[np.newaxis], every[1])[0]
        for a, b in ((lo, hi), (hi, lo))
    )
    assert np.array_equal(found.lo, low) and np.array_equal(found.hi, high)


def test_an_even_image_is_cut_to_its_edges() -> None:
    image = np.ones((100, 64, 3), np.int64)
    (short,), places = shortened([image], (3, 3), (1, 2), ((1, 1), (0, 0)))
    assert short.shape == (3, 4, 3)
    assert spread(short[:, :, :1], [np.zeros(5, np.int64), np.arange(2)]).shape == (5, 2, 1)
    assert [place.size for place in places] == [100, 31]


@pytest.mark.parametrize("bits", [8, 25, 26, 34])
def test_products_are_exact_in_either_number_format(bits: int) -> None:
    """Odd products are kept where sums pass 2^53, and where they come next to it."""
    rng = np.random.default_rng(bits)
    x = (1 << bits) - 1 - 2 * rng.integers(0, 3, (600, 32))
    w = (1 << 22) - 1 - 2 * rng.integers(0, 3, (32, 8))
    assert (carried(x, w)[0].dtype == np.float64) == (bits + 22 + 5 <= 52)
    builder = Builder("m")
    node = builder.add(Input((600, 1, 32), FixedType(True, bits + 1, 0)), name="x")
    weights = builder.const(w, FixedType(True, 24, 0), "w")
    kernel = builder.const(w.reshape(1, 1, 32, 8), FixedType(True, 24, 0), "kernel")
    products = builder.add(MatMul(), node, weights, name="y")
    sums = builder.add(Conv((1, 1), ((0, 0), (0, 0)), (1, 1)), node, kernel, name="z")
    found = evaluate_codes(builder.graph(products, sums), {"x": x.reshape(1, 600, 1, 32)})
    exact = (x.astype(object) @ w.astype(object)).reshape(1, 600, 1, 8)
    assert np.array_equal(found["y"], exact) and np.array_equal(found["z"], exact)
