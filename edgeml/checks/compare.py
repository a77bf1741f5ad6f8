"""Compare an artefact's integers with the reference's and find the first op that differs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from edgeml.checks.explain import explain
from edgeml.checks.golden import Golden
from edgeml.checks.result import Difference, Result
from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.ir import Graph, evaluate_codes

Execute: TypeAlias = Callable[[Golden, Sequence[str]], dict[str, IntArray]]
"""Runs an artefact: golden vectors and the inner values wanted in, codes by name out."""

_TRACED = 256
"""Samples that are run again with their inner values to find the op and the cause."""


def compare(backend: str, graph: Graph, golden: Golden, execute: Execute) -> Result:
    """Run an artefact on all vectors and compare every integer.

    Args:
        backend: the runner's name, for the result.
        graph: the graph it was emitted from.
        golden: the vectors, real and synthetic.
        execute: runs the artefact.

    Raises:
        EdgemlError: the artefact does not run, or returns other shapes than the graph.
    """
    start = time.perf_counter()
    both = golden.joined()
    got = execute(both, ())
    seconds = time.perf_counter() - start
    wrong, worst, samples = 0, 0, np.zeros(both.samples, np.bool_)
    for name, expected in both.expected.items():
        if name not in got or got[name].shape != expected.shape:
            shape = got[name].shape if name in got else None
            raise EdgemlError(f"returned {name} with shape {shape}, {expected.shape} expected", backend)
        apart = got[name] != expected
        wrong += int(apart.sum())
        worst = max(worst, _max_distance(expected, got[name]))
        samples |= apart.reshape(both.samples, -1).any(axis=1)
    if not wrong:
        return Result(
            backend=backend,
            status="exact",
            samples=golden.samples,
            synthetic=golden.synthetic_count,
            seconds=seconds,
        )
    first, reason = _locate(graph, both, execute, got, np.flatnonzero(samples))
    return Result(
        backend=backend,
        status="mismatch",
        samples=golden.samples,
        synthetic=golden.synthetic_count,
        mismatches=wrong,
        max_abs_lsb=worst,
        first=_numbered(first, golden.samples),
        reason=reason,
        seconds=seconds,
    )


def _locate(
    graph: Graph, golden: Golden, execute: Execute, got: Mapping[str, IntArray], samples: IntArray
) -> tuple[Difference, str]:
    """The first op that differs, in the graph's order, and the probable cause."""
    chosen = samples[:_TRACED]
    part = golden.take(chosen)
    names = [node.name for node in graph.nodes if node.inputs]
    want = evaluate_codes(graph, part.inputs, [*graph.inputs, *names, *graph.outputs])
    inner = {name: codes for name, codes in execute(part, names).items() if codes.shape == want[name].shape}
    for name in names:
        if name in inner and not np.array_equal(inner[name], want[name]):
            first = _first_difference(name, want[name], inner[name], chosen)
            return first, explain(graph, name, want, inner)
    # Every inner value agrees with the graph as it is now: either the vectors belong to another graph, or the
    # artefact gave something else before.
    for name, expected in golden.expected.items():
        if not np.array_equal(part.expected[name], want[name]):
            first = _first_difference(name, expected[chosen], got[name][chosen], chosen)
            return first, "the artefact agrees with the graph; the golden vectors do not"
    raise EdgemlError(
        "differs in one run and not in the next", graph.name, "the artefact is not deterministic"
    )


def _first_difference(name: str, expected: IntArray, got: IntArray, samples: IntArray) -> Difference:
    position = tuple(int(i) for i in np.argwhere(expected != got)[0])
    return Difference(
        op=name,
        index=(int(samples[position[0]]), *position[1:]),
        expected=int(expected[position]),
        got=int(got[position]),
    )


def _numbered(first: Difference, samples: int) -> Difference:
    """The difference with its vector's number in its own part of golden.npz."""
    number, *position = first.index
    if number < samples:
        return first
    return first.model_copy(update={"index": (number - samples, *position), "synthetic": True})


def _max_distance(expected: IntArray, got: IntArray) -> int:
    """The largest |expected - got|, beyond int64 if need be."""
    if not expected.size:
        return 0
    apart = np.abs(expected.astype(np.float64) - got.astype(np.float64))
    where = np.unravel_index(int(np.argmax(apart)), apart.shape)
    return abs(int(expected[where]) - int(got[where]))
