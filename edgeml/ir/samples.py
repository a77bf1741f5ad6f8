"""Samples of a graph's inputs: random ones where no data are given, and one array for several inputs.

Invariant: equal graphs get equal random numbers, each a value of the input's type. They say nothing of
accuracy. Samples of several inputs lie side by side, flattened, in the order of the graph's inputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.fixed import to_float
from edgeml.ir.graph import Graph
from edgeml.ir.work import samples_within

SAMPLES = 256
"""The number of samples, of networks of usual size."""

_WORK = 1e9
"""Work of `edgeml.ir.work` that they may take; a network of large images gets fewer, but four."""

_SEED = 20261129


def random_samples(graph: Graph) -> dict[str, NDArray[np.floating[Any]]]:
    """Float32 (samples, *shape) by input, drawn evenly from the values of each input's type."""
    rng = np.random.default_rng(_SEED)
    count = samples_within(graph, _WORK, 4, SAMPLES)
    drawn: dict[str, NDArray[np.floating[Any]]] = {}
    for name in graph.inputs:
        info = graph.info(name)
        codes = rng.integers(info.lo, info.hi, (count, *info.shape), endpoint=True)
        drawn[name] = to_float(codes, info.type.frac).astype(np.float32)
    return drawn


def joined_samples(graph: Graph, x: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    """One array of the samples of all inputs: as it is for one input, side by side for several."""
    arrays = [x[name] for name in graph.inputs]
    if len(arrays) == 1:
        return arrays[0]
    return np.concatenate([array.reshape(len(array), -1) for array in arrays], axis=1)


def feeds(graph: Graph, x: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Samples by input: the reverse of `joined_samples`.

    Raises:
        EdgemlError: the array has another number of columns than the inputs have elements together.
    """
    if len(graph.inputs) == 1:
        return {graph.inputs[0]: x}
    infos = [graph.info(name) for name in graph.inputs]
    ends = np.cumsum([info.size for info in infos])
    if x.ndim != 2 or x.shape[1] != ends[-1]:
        raise EdgemlError(
            f"samples of shape {x.shape[1:]} for {len(infos)} inputs of {ends[-1]} elements together",
            graph.name,
            "give an .npz file with one array per input, named after it",
        )
    parts = np.split(x, ends[:-1], axis=1)
    return {
        name: part.reshape(len(x), *info.shape)
        for name, part, info in zip(graph.inputs, parts, infos, strict=True)
    }
