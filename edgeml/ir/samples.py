"""Random samples for a graph's inputs, where no data are given.

Invariant: equal graphs get equal numbers, each a value of the input's type. They say nothing of accuracy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.fixed import to_float
from edgeml.ir.graph import Graph

SAMPLES = 256
"""The number of samples."""

_SEED = 20261129


def random_samples(graph: Graph, samples: int = SAMPLES) -> dict[str, NDArray[np.floating[Any]]]:
    """Float32 (samples, *shape) by input, drawn evenly from the values of each input's type."""
    rng = np.random.default_rng(_SEED)
    drawn: dict[str, NDArray[np.floating[Any]]] = {}
    for name in graph.inputs:
        info = graph.info(name)
        codes = rng.integers(info.lo, info.hi, (samples, *info.shape), endpoint=True)
        drawn[name] = to_float(codes, info.type.frac).astype(np.float32)
    return drawn
