"""The bound of an announced difference: the codes that float32's rounding explains.

The framework is run again in float64 on the vectors that differ. Per element, its float32 may be as far from
the graph as it is from its own float64, and one code more, for a sum next to a step. Where a quantizer within
the model takes the neighbouring code at a step, everything behind it may differ: such a vector is explained
if all values before that quantizer agree with float64, and the quantizer itself is one code off, behind a
layer whose rounding was announced.

Invariant: a difference beyond the bound is an error of the graph, whatever was announced.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeml.checks.golden import Golden
from edgeml.checks.result import Result
from edgeml.errors import EdgemlError
from edgeml.fixed import to_float
from edgeml.ir import Graph, evaluate_codes
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.softmax import Softmax

if TYPE_CHECKING:
    from pathlib import Path

    from edgeml.keras.notes import Notes

Floats: TypeAlias = NDArray[np.floating[Any]]
Run: TypeAlias = Callable[[Mapping[str, Any], Sequence[str]], "Mapping[str, Floats] | None"]
"""Samples by input and values wanted in; floats by value out, None if the framework cannot compute so."""

_EXACT = 2.0**-44
"""Rounding of float64 in a layer, of its largest value."""

_CONSTANTS = 2.0**-20
"""The same where a layer's factors are float32 numbers that float64 computes anew: 16 roundings of 2^-24."""

_MOST = 2**53


@dataclass(frozen=True, eq=False)
class Framework:
    """A model in its own framework, for vectors that differ.

    Args:
        values: the graph's values that it can give.
        single: runs it as it is.
        double: runs it in float64.
        factors: layers with factors that it computes from other constants, in its own float type, or that the
            graph rounds to as many bits.
        rounded: two graphs of the same model, lowered anew: with the factors' bits that the checked graph
            has, and with all of float32's. None if these are the same.
    """

    values: Sequence[str]
    single: Run
    double: Run
    factors: frozenset[str] = frozenset()
    rounded: tuple[Graph, Graph] | None = None


@dataclass(frozen=True, eq=False)
class _Vectors:
    """The values of vectors that differ, by name: of the graph, of float64, and the room between them."""

    ours: Mapping[str, Floats]
    double: Mapping[str, Floats]
    room: Mapping[str, Floats] = field(repr=False)


def announcing(graph: Graph, model: str, notes_file: Path) -> Notes | None:
    """The notes that announced a difference when this model was lowered to this graph; None if none did.

    Args:
        graph: the exact graph.
        model: SHA-256 of the model's file, see `edgeml.runs.model_digest`.
        notes_file: where the notes lie.
    """
    from edgeml.keras.notes import Notes

    try:
        notes = Notes.read(notes_file)
    except EdgemlError:  # a damaged file announces nothing
        return None
    return notes if (notes.graph, notes.model) == (graph.digest, model) and notes.reason else None


def judged(result: Result, notes: Notes | None, graph: Graph, golden: Golden, framework: Framework) -> Result:
    """A mismatch with its announcement and bound; without the announcement if it goes beyond the bound.

    Args:
        result: a mismatch.
        notes: see `announcing`.
        graph: the exact graph.
        golden: all vectors that were compared, joined.
        framework: runs the model on some of them again.

    Raises:
        EdgemlError: the framework does not run.
    """
    if notes is None:
        return result
    limits = _bound(notes, graph, golden, framework)
    if limits is None:
        return result.model_copy(update={"announced": notes.reason})
    bound, beyond = limits
    if not beyond:
        return result.model_copy(update={"announced": notes.reason, "bound": bound})
    reason = (
        f"{beyond:,} integers differ by more than the announced rounding explains (at most {bound:,} codes; "
        f"{notes.reason})"
    )
    return result.model_copy(update={"reason": "; ".join(filter(None, [reason, result.reason]))})


def _bound(notes: Notes, graph: Graph, golden: Golden, framework: Framework) -> tuple[int, int] | None:
    """The most codes that are explained, and how many integers are beyond; None without float64."""
    single = framework.single(golden.x, ())
    assert single is not None  # it was run before
    expected = {name: _reals(graph, name, codes) for name, codes in golden.expected.items()}
    differs = np.zeros(golden.samples, np.bool_)
    for name, values in expected.items():
        differs |= (single[name] != values).reshape(golden.samples, -1).any(axis=1)
    part = golden.take(np.flatnonzero(differs))
    wide = framework.double(part.x, framework.values)
    if wide is None:
        return None
    if _approximates(notes, graph, wide):
        return None
    vectors = _vectors(graph, part, framework, wide)
    explained = _explained(notes, graph, vectors)
    bound, beyond = 0, 0
    for name in graph.outputs:
        lsb = _lsb(graph, name)
        theirs = single[name][differs].astype(np.float64)
        apart = np.abs(theirs - expected[name][differs]) / lsb
        allowed = (np.abs(theirs - wide[name]) + vectors.room[name]) / lsb + 1
        allowed[explained] = np.maximum(allowed, apart)[explained]
        beyond += int(np.count_nonzero(~(apart <= allowed)))
        most = float(np.max(allowed, initial=0.0))
        bound = max(bound, int(min(most, _MOST)))
    return bound, beyond


def _approximates(notes: Notes, graph: Graph, wide: Mapping[str, Floats]) -> bool:
    """True if other layers read a table that stands for a real function of the framework.

    Its own error is bounded; that of the layers behind it is not.
    """
    layers = {note.layer for note in notes.notes if not note.exact}
    tables = {node.layer for node in graph.nodes if isinstance(node.op, Softmax | Lookup)} & layers
    for node in graph.nodes:
        if node.layer in tables and node.name in wide and node.name not in graph.outputs:
            steps = wide[node.name] / _lsb(graph, node.name)
            if np.any(np.abs(steps - np.rint(steps)) > _CONSTANTS * np.maximum(np.abs(steps), 1)):
                return True
    return False


def _vectors(graph: Graph, part: Golden, framework: Framework, wide: Mapping[str, Floats]) -> _Vectors:
    names = [node.name for node in graph.nodes if node.name in wide]
    codes = evaluate_codes(graph, part.inputs, keep=names)
    ours = {name: _reals(graph, name, codes[name]) for name in names}
    loose = _loose(graph, framework.factors)
    peaks = _peaks(graph)
    room = {
        name: np.full(ours[name].shape, peaks[name] * (_CONSTANTS if name in loose else _EXACT))
        for name in names
    }
    for node in graph.nodes:
        if isinstance(node.op, Softmax):
            error = node.op.error_bound(graph.info(node.inputs[0]))
            room = {n: room[n] + error if graph.node(n).layer == node.layer else room[n] for n in names}
    if framework.rounded is not None:
        few, all_bits = (
            {name: _reals(each, name, values) for name, values in evaluated.items()}
            for each, evaluated in (
                (each, evaluate_codes(each, part.inputs, keep=names)) for each in framework.rounded
            )
        )
        room = {name: room[name] + np.abs(few[name] - all_bits[name]) for name in names}
    expected = {name: _reals(graph, name, values) for name, values in part.expected.items()}
    return _Vectors({**ours, **expected}, wide, room)


def _explained(notes: Notes, graph: Graph, vectors: _Vectors) -> NDArray[np.bool_]:
    """The vectors whose first value that is off is a neighbouring code behind an announced layer."""
    names = [node.name for node in graph.nodes if node.name in vectors.room]
    announced = _announced(notes, graph)
    samples = len(vectors.ours[names[0]])
    open_, explained = np.ones(samples, np.bool_), np.zeros(samples, np.bool_)
    for name in names:
        apart = np.abs(vectors.ours[name] - vectors.double[name])
        off = ~(apart <= vectors.room[name]).reshape(samples, -1).all(axis=1)
        near = (apart <= vectors.room[name] + _lsb(graph, name)).reshape(samples, -1).all(axis=1)
        if name in announced:
            explained |= open_ & off & near
        open_ &= ~off
    return explained


def _announced(notes: Notes, graph: Graph) -> set[str]:
    """The values of announced layers, and those computed from them."""
    layers = {note.layer for note in notes.notes if not note.exact}
    nodes = set(notes.float32)
    for node in graph.nodes:
        if node.layer in layers or not nodes.isdisjoint(node.inputs):
            nodes.add(node.name)
    return nodes


def _loose(graph: Graph, layers: frozenset[str]) -> set[str]:
    """The values of these layers, and those behind them up to the next quantizer."""
    loose: set[str] = set()
    for node in graph.nodes:
        if node.layer in layers or (
            not loose.isdisjoint(node.inputs) and not isinstance(node.op, Cast | Lookup)
        ):
            loose.add(node.name)
    return loose


def _peaks(graph: Graph) -> dict[str, float]:
    """The largest magnitude of any value of each value's layer."""
    by_layer: dict[str, float] = {}
    for node in graph.nodes:
        info = graph.info(node.name)
        ends = (to_float(np.asarray(end), info.type.frac) for end in (info.lo, info.hi))
        peak = max(float(np.max(np.abs(values), initial=0.0)) for values in ends)
        by_layer[node.layer] = max(by_layer.get(node.layer, 0.0), peak)
    return {node.name: by_layer[node.layer] for node in graph.nodes}


def _reals(graph: Graph, name: str, codes: NDArray[Any]) -> Floats:
    return to_float(codes, graph.info(name).type.frac).astype(np.float64)


def _lsb(graph: Graph, name: str) -> NDArray[np.float64]:
    return 2.0 ** -np.asarray(graph.info(name).type.frac, np.float64)
