"""Events of casts that vectors cause: ties, and values beyond an end of the type.

Invariant: an event is only listed if the interval of the cast's input allows it, so "not met" is a gap of the
vectors or of the interval's tightness, never of the rounding mode.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeml.fixed import IntArray, Overflow, rescale, symmetric_lo
from edgeml.ir import Graph, Node, evaluate_codes
from edgeml.ir.ops.cast import Cast

KINDS = ("below", "above", "tie_even", "tie_odd")
"""Beyond the lower and the upper end of the type; a tie above an even code, and one above an odd code."""

_CHUNK = 64


@dataclass(frozen=True, eq=False)
class Possible:
    """The possible events of a cast, (elements,) each, by kind."""

    node: str
    kinds: Mapping[str, NDArray[np.bool_]]


def casts(graph: Graph) -> tuple[Node, ...]:
    """The casts that lose something: those of values that are not constant."""
    return tuple(
        node
        for node in graph.nodes
        if isinstance(node.op, Cast) and not graph.info(node.inputs[0]).is_constant
    )


def possible(graph: Graph) -> tuple[Possible, ...]:
    """For every cast, the events that the interval of its input allows."""
    events: list[Possible] = []
    for node in casts(graph):
        op, info = node.op, graph.info(node.inputs[0])
        assert isinstance(op, Cast)
        below, above = op.overflow_sides(info)
        drop = _dropped(op, info.type.frac, info.shape)
        # Both ties lie within an interval that is two steps of the new LSB wide.
        wide = np.where(drop > 0, (info.hi >> np.minimum(drop, 62)) - (info.lo >> np.minimum(drop, 62)), 0)
        tie = (drop > 0) & (drop < 62) & (wide >= 3)
        parts = (below, above, tie, tie)
        kinds = {
            kind: np.broadcast_to(part, info.shape).reshape(-1)
            for kind, part in zip(KINDS, parts, strict=True)
        }
        events.append(Possible(node.name, kinds))
    return tuple(events)


def events(graph: Graph, codes: Mapping[str, IntArray]) -> NDArray[np.bool_]:
    """True where a vector shows an event, (vectors, events), the events in the order of `possible`.

    Args:
        graph: the exact graph.
        codes: (vectors, *shape) by input name.
    """
    allowed = possible(graph)
    count = len(next(iter(codes.values())))
    rows = [np.zeros((0, sum(int(kind.sum()) for one in allowed for kind in one.kinds.values())), np.bool_)]
    for start in range(0, count, _CHUNK):  # so that values between are kept of some vectors at a time
        part = {name: array[start : start + _CHUNK] for name, array in codes.items()}
        rows.append(_events_of_some(graph, part, allowed))
    return np.concatenate(rows)


def _events_of_some(
    graph: Graph, codes: Mapping[str, IntArray], allowed: Sequence[Possible]
) -> NDArray[np.bool_]:
    """The same, with the values of every cast at once."""
    every = casts(graph)
    values = evaluate_codes(graph, codes, list(dict.fromkeys(node.inputs[0] for node in every)) or None)
    columns = [np.zeros((len(next(iter(codes.values()))), 0), np.bool_)]
    for node, one in zip(every, allowed, strict=True):
        shown = _shown(graph, node, values[node.inputs[0]])
        columns += [shown[kind][:, one.kinds[kind]] for kind in KINDS]
    return np.concatenate(columns, axis=1)


def _shown(graph: Graph, node: Node, source: IntArray) -> dict[str, NDArray[np.bool_]]:
    op, info = node.op, graph.info(node.inputs[0])
    assert isinstance(op, Cast)
    drop = np.minimum(_dropped(op, info.type.frac, info.shape), 62)
    floor = source >> drop
    rest = source - (floor << drop)
    tie = rest == np.where(drop > 0, np.int64(1) << np.maximum(drop - 1, 0), -1)
    rounded = rescale(source, info.type.frac, op.to.frac, op.rounding)
    least = symmetric_lo(op.to) if op.overflow is Overflow.SAT_SYM else op.to.lo
    parts = (rounded < least, rounded > op.to.hi, tie & (floor & 1 == 0), tie & (floor & 1 == 1))
    return {kind: part.reshape(len(source), -1) for kind, part in zip(KINDS, parts, strict=True)}


def _dropped(op: Cast, frac: int | IntArray, shape: tuple[int, ...]) -> IntArray:
    return np.broadcast_to(
        np.maximum(np.asarray(frac, np.int64) - np.asarray(op.to.frac, np.int64), 0), shape
    )
