"""Additions that remain when da4ml shares partial sums between outputs: `python -m benchmarks.sharing`.

Random matrices of several sizes, widths and shares of zeros; the plane of
`edgeml.estimate.hls4ml.layer.sharing` is fitted to a random half and tried on the other.
Writes benchmarks/results/sharing.json.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
from da4ml.cmvm import solve
from numpy.typing import NDArray

from edgeml.estimate.hls4ml.layer import digits

RESULTS = Path(__file__).parent / "results" / "sharing.json"
_SIZES = ((4, 16), (8, 8), (16, 4), (16, 16), (16, 32), (32, 8), (32, 32), (64, 16))
_WIDTHS = (3, 4, 6, 8)
_ZEROS = (0.0, 0.5)
_ADDITIONS = (0, 1)


def measured(weights: NDArray[np.int64]) -> float:
    """da4ml's additions over those of separate sums of signed digits."""
    intervals = [(0.0, 255.0, 1.0)] * weights.shape[0]
    solution = solve(weights.astype(np.float32), qintervals=intervals, search_all_decompose_dc=False)
    additions = sum(op.opcode in _ADDITIONS for stage in solution.solutions for op in stage.ops)
    return additions / apart(weights)


def apart(weights: NDArray[np.int64]) -> int:
    """Additions without sharing: one fewer than digits in every column."""
    return int(np.maximum(digits(weights).sum(axis=0) - 1, 0).sum())


def main() -> None:
    """Measure, fit by least squares, print and save."""
    rows: list[dict[str, float]] = []
    for (n_in, n_out), width, zeros in itertools.product(_SIZES, _WIDTHS, _ZEROS):
        rng = np.random.default_rng([n_in, n_out, width, int(zeros * 10)])
        weights = rng.integers(-(2 ** (width - 1)), 2 ** (width - 1), (n_in, n_out))
        weights[rng.random(weights.shape) < zeros] = 0
        if apart(weights) < 1:
            continue
        rows.append(
            {
                "inputs": n_in,
                "outputs": n_out,
                "bits": width,
                "zeros": zeros,
                "digits": float(digits(weights).mean()),
                "remains": measured(weights),
            }
        )
    remains = np.array([row["remains"] for row in rows])
    half = np.random.default_rng(0).permutation(len(rows))
    fitted, held_out = half[::2], half[1::2]
    terms = _terms(rows)
    factors, *_ = np.linalg.lstsq(terms[fitted], remains[fitted], rcond=None)
    errors = np.abs(terms[held_out] @ factors - remains[held_out])
    print("{:.3f} {:+.4f} * log2(weights) {:+.4f} * log2(digits per weight)".format(*factors))
    print(
        f"held out: {len(errors)} matrices, largest error {errors.max():.3f}, median {np.median(errors):.3f}"
    )
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n")


def _terms(rows: list[dict[str, float]]) -> NDArray[np.float64]:
    sizes = np.array([row["inputs"] * row["outputs"] for row in rows])
    densities = np.array([row["digits"] for row in rows])
    return np.stack([np.ones(len(rows)), np.log2(sizes), np.log2(densities)], axis=1)


if __name__ == "__main__":
    main()
