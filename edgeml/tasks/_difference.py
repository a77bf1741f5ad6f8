"""The distance between two executors of one model at an output, where there may be no truth at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError


@dataclass(frozen=True)
class OutputDifference:
    """One output of the exact graph against the model in its own framework.

    Attributes:
        output: its name in the graph.
        samples: how many were compared.
        equal: share of its elements that are equal.
        rmse_lsb: root of the mean squared difference, in LSBs of the output.
        max_lsb: the largest difference, in LSBs.
        rmse: root of the mean squared difference, as a value.
        max_abs: the largest difference, as a value.
    """

    output: str
    samples: int
    equal: float
    rmse_lsb: float
    max_lsb: float
    rmse: float
    max_abs: float


def output_difference(
    output: str, ours: NDArray[Any], theirs: NDArray[Any], lsb: NDArray[Any] | float, scale: float = 1.0
) -> OutputDifference:
    """Compare two arrays of values (samples, *shape).

    Args:
        output: name.
        ours: of the exact graph.
        theirs: of its own framework, in the same unit.
        lsb: one step of the output's type in that unit; broadcasts.
        scale: what one of that unit is as a value.

    Raises:
        EdgemlError: shapes differ, or there is no sample.
    """
    if ours.shape != theirs.shape or not ours.size:
        raise EdgemlError(f"values of shape {theirs.shape}, {ours.shape} expected", output)
    apart = np.abs(ours.astype(np.float64) - theirs.astype(np.float64))
    steps = apart / lsb

    def root(values: NDArray[np.float64]) -> float:
        return float(np.sqrt(np.mean(values * values)))

    return OutputDifference(
        output=output,
        samples=len(ours),
        equal=float(np.mean(apart == 0)),
        rmse_lsb=root(steps),
        max_lsb=float(steps.max()),
        rmse=root(apart) * scale,
        max_abs=float(apart.max()) * scale,
    )
