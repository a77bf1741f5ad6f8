"""Large matrices are searched block by block: exact, bounded, and not much larger than searched as one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from edgeml.backends.verilog import linear
from edgeml.backends.verilog.cells import Circuit

pytest.importorskip("da4ml", reason="da4ml is not installed")


def weights(rows: int, columns: int, bits: int) -> NDArray[np.int64]:
    """Codes as those of a trained layer: normal, three deviations within the type."""
    top = 1 << (bits - 1)
    drawn = np.random.default_rng([rows, columns, bits]).normal(0, top / 3, (rows, columns))
    return drawn.round().clip(-top, top - 1).astype(np.int64)


def adders(matrix: NDArray[np.int64], monkeypatch: pytest.MonkeyPatch, most: int) -> int:
    """Adders of the product; that it is the product is checked while it is laid out."""
    monkeypatch.setattr(linear, "BLOCK_DIGITS", most)
    circuit, size = Circuit(), len(matrix)
    circuit.enter(0, "fc", "fc")
    x = [circuit.input(-128, 127, 0, f"x_{i}", i) for i in range(size)]
    linear.Product(matrix, 0, (-128,) * size, (127,) * size, (0,) * size).apply(circuit, x)
    return sum(cell.kind in ("add", "sub", "neg") for cell in circuit.cells)


@pytest.mark.parametrize(("rows", "columns", "bits"), [(40, 40, 6), (48, 24, 8), (20, 72, 8)])
def test_half_a_matrix_at_a_time_takes_at_most_a_tenth_more(
    rows: int, columns: int, bits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    matrix = weights(rows, columns, bits)
    digits = linear.digits_of(matrix)
    whole = adders(matrix, monkeypatch, digits)
    halves = adders(matrix, monkeypatch, digits * 3 // 5)
    assert whole < halves <= 1.1 * whole


def test_blocks_cover_a_matrix_and_keep_to_the_limit() -> None:
    matrix = weights(90, 37, 8)
    seen = np.zeros(matrix.shape, np.int64)
    groups = linear.blocks(matrix, 700)
    for group in groups:
        assert len({(block[1].start, block[1].stop) for block in group}) == 1, "rows of the same columns"
        for block in group:
            seen[block] += 1
            assert linear.digits_of(matrix[block]) <= 700
    assert np.all(seen == 1)
    assert sum(map(len, groups)) <= 4 * linear.digits_of(matrix) / 700, "no more blocks than it takes"


def test_a_matrix_below_the_limit_stays_whole() -> None:
    assert linear.blocks(weights(64, 64, 8), linear.BLOCK_DIGITS) == [[(slice(0, 64), slice(0, 64))]]


def test_blocks_with_nothing_in_them(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = np.zeros((16, 8), np.int64)
    matrix[:3, :2] = 5
    assert adders(matrix, monkeypatch, 3) == 5  # three times 4 + 1, and their sum, for both columns


def test_an_element_that_is_always_zero_has_no_weights() -> None:
    matrix = np.array([[-6, 3], [-1, -6], [5, -8]])
    circuit = Circuit()
    circuit.enter(0, "fc", "fc")
    x = [
        circuit.input(0, high, frac, f"x_{i}", i) for i, (high, frac) in enumerate([(1, -1), (1, -1), (0, 0)])
    ]
    sums = linear.Product(matrix, -1, (0, 0, 0), (1, 1, 0), (-1, -1, 0)).apply(circuit, x)
    ends = [(num.cell.lo * 2.0**-num.frac, num.cell.hi * 2.0**-num.frac) for num in sums]
    assert ends == [(-28.0, 0.0), (-24.0, 12.0)]
