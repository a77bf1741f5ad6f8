"""The values of the exact graph on samples: which elements were ever other than zero, and the outputs.

Invariant: the samples go through the reference in chunks; memory does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.fixed import IntArray, to_float
from edgeml.ir import Graph, input_codes
from edgeml.ir.evaluate import run_nodes
from edgeml.ir.ops.const import Const

_CHUNK = 128
"""Samples at a time."""


@dataclass(frozen=True, eq=False)
class Observed:
    """The values of a graph on samples.

    Args:
        fired: by value, for every element whether it was ever other than zero; of the value's shape.
        outputs: by output, float64 (samples, *shape).
        spread: by value, the largest difference of two elements along the last axis of one sample.
    """

    fired: Mapping[str, NDArray[np.bool_]]
    outputs: Mapping[str, NDArray[np.float64]]
    spread: Mapping[str, float]


def observe(graph: Graph, x: NDArray[np.floating[Any]]) -> Observed:
    """Run samples through the graph.

    Args:
        graph: the exact graph, with one input.
        x: floats (samples, *shape).

    Raises:
        EdgemlError: the data do not fit the input.
    """
    names = [node.name for node in graph.nodes if not isinstance(node.op, Const)]
    fired = {name: np.zeros(graph.info(name).shape, np.bool_) for name in names}
    spread = dict.fromkeys(names, 0.0)
    parts: dict[str, list[NDArray[np.float64]]] = {name: [] for name in graph.outputs}
    for start in range(0, len(x), _CHUNK):
        values = input_codes(graph, {graph.inputs[0]: x[start : start + _CHUNK]})
        count = len(next(iter(values.values())))
        run_nodes(graph.nodes, graph.infos, values)
        for name in names:
            codes = np.broadcast_to(values[name], (count, *graph.info(name).shape))
            fired[name] |= (codes != 0).any(axis=0)
            spread[name] = max(spread[name], _spread(graph, name, codes))
        for name in graph.outputs:
            shape = (count, *graph.info(name).shape)
            parts[name].append(to_float(np.broadcast_to(values[name], shape), graph.info(name).type.frac))
    return Observed(fired, {name: np.concatenate(chunks) for name, chunks in parts.items()}, spread)


def _spread(graph: Graph, name: str, codes: IntArray) -> float:
    if codes.ndim < 2 or not codes.size:
        return 0.0
    reals = to_float(codes, graph.info(name).type.frac)
    return float((reals.max(axis=-1) - reals.min(axis=-1)).max())
