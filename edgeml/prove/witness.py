"""Look for an input of the network on which an artefact answers wrongly.

A stage that differs on some codes refutes nothing alone: no input may reach these codes, or what follows may
hide the difference. Tried are the golden vectors, then inputs made from the codes of the stage, and random
ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.backend import Runner
from edgeml.checks.golden import Golden
from edgeml.fixed import IntArray, to_float
from edgeml.ir import Graph, evaluate_codes, input_codes
from edgeml.prove.arguments import StageDifference
from edgeml.prove.result import Witness

_RANDOM = 4096
"""Random inputs that are tried."""


def find_witness(
    runner: Runner, folder: Path, graph: Graph, golden: Golden | None, difference: StageDifference
) -> Witness | None:
    """An input on which the artefact's outputs differ from the graph's, or None if none was found.

    Args:
        runner: of the artefact; it takes floats.
        folder: with the artefact's files.
        graph: the graph.
        golden: vectors of the run, if there are any.
        difference: codes on which a stage differs.
    """
    for origin, floats in _candidates(graph, golden, difference):
        codes = input_codes(graph, floats)
        expected = evaluate_codes(graph, codes)
        got = runner.run(folder, graph, floats)
        for name in graph.outputs:
            wrong = np.argwhere(expected[name] != got[name])
            if len(wrong):
                row, *index = (int(n) for n in wrong[0])
                there = (row, *index)
                return Witness(
                    inputs={key: values[row].reshape(-1).tolist() for key, values in floats.items()},
                    output=name,
                    index=tuple(index),
                    expected=int(expected[name][there]),
                    got=int(got[name][there]),
                    origin=origin,
                )
    return None


def _candidates(
    graph: Graph, golden: Golden | None, difference: StageDifference
) -> Iterator[tuple[str, dict[str, NDArray[Any]]]]:
    if golden is not None:
        vectors = golden.joined()
        yield "the golden vectors", {name: np.asarray(x, np.float32) for name, x in vectors.x.items()}
    if set(difference.codes) == set(graph.inputs):
        single = {name: codes[np.newaxis] for name, codes in difference.codes.items()}
        yield "the codes of the stage", _floats(graph, single)
    rng = np.random.default_rng(0)
    infos = {name: graph.info(name) for name in graph.inputs}
    shapes = {name: (_RANDOM // 4, *info.shape) for name, info in infos.items()}
    for share in (1.0, 0.5, 0.1, 0.02):  # of the elements that are not at rest
        codes: dict[str, IntArray] = {}
        for name, info in infos.items():
            drawn = rng.integers(info.lo, info.hi, shapes[name], endpoint=True)
            ends = np.where(rng.random(shapes[name]) < 0.5, info.lo, info.hi)
            drawn = np.where(rng.random(shapes[name]) < 0.3, ends, drawn)
            rest = np.broadcast_to(np.clip(0, info.lo, info.hi), shapes[name])
            codes[name] = np.where(rng.random(shapes[name]) < share, drawn, rest)
        yield "random inputs", _floats(graph, codes)


def _floats(graph: Graph, codes: Mapping[str, IntArray]) -> dict[str, NDArray[Any]]:
    return {
        name: to_float(values, graph.info(name).type.frac).astype(np.float32)
        for name, values in codes.items()
    }
