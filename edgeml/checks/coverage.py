"""Coverage: which faults of an artefact the vectors of a check would show, and which they would not.

    inputs     elements that never vary
    casts      ends that were never reached and ties that were not met, of those that intervals allow
    weights    constants of sums whose change by one code no vector would show at an output

A weight is tried by what it would do: the change times what it is multiplied with is added to the sums of
every vector, and the rest of the graph is run on that in integers. It is shown if one output of one vector
differs.

Invariant: "shown" was computed, not estimated. Where there are more weights than can be tried in bounded
time, some of each layer are, spread evenly, and the result says how many.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.checks.affine import affine_values
from edgeml.checks.events import KINDS, events, possible
from edgeml.documents import Record
from edgeml.fixed import FixedType, IntArray
from edgeml.ir import Graph, Node, evaluate_codes
from edgeml.ir.evaluate import run_nodes
from edgeml.ir.info import ValueInfo
from edgeml.ir.kind import Kind
from edgeml.ir.ops._linear import Linear
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.conv import Conv

_MOST_TRIALS = 4096
"""Most weights of a graph that are tried."""

_WORK = 3e8
"""Most values that the trials of a graph may compute; after that no further weight is tried."""

_ROUNDS = (2, 14, 112)
"""Vectors that a weight is tried on at first; further ones follow only while its change is not shown."""

_ELEMENTS = 1 << 23
"""Most elements of one array, which bounds the memory."""

_PART = 512
_BATCH = 1 << 22
_LISTED = 8


class WeightCoverage(Record):
    """Weights of one sum.

    Attributes:
        node: the sum.
        weights: how many there are.
        tried: how many of them were tried.
        unseen: how many of those no vector shows.
        first: positions of the first unseen ones.
        affine: the sum is affine in the inputs: see `edgeml.checks.affine`.
    """

    node: str
    weights: int
    tried: int
    unseen: int
    first: tuple[tuple[int, ...], ...] = ()
    affine: bool = False


class Casts(Record):
    """Ends and ties of all casts.

    Attributes:
        ends: elements of casts times ends that their intervals allow them to pass.
        unreached: those that no vector passes.
        ties: elements times kinds of tie (above an even code, above an odd one) that intervals allow.
        unmet: those that no vector meets.
        first: casts with the most of both.
    """

    ends: int
    unreached: int
    ties: int
    unmet: int
    first: tuple[str, ...] = ()


class Coverage(Record):
    """The coverage of all vectors of a golden.npz.

    Attributes:
        inputs: elements of all inputs.
        silent: elements that never vary.
        casts: ends and ties.
        weights: by sum, in the graph's order.
        samples: how many real vectors there were; the synthetic ones are all among them.
        digest: of graph, vectors and what is said of them, see `edgeml.checks.earlier`; "" if not kept.
    """

    inputs: int
    silent: int
    casts: Casts
    weights: tuple[WeightCoverage, ...]
    samples: int = 0
    digest: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """In words, a line each."""
        trials = sum(row.tried for row in self.weights)
        every = sum(row.weights for row in self.weights)
        unseen = sum(row.unseen for row in self.weights)
        some = f"{trials:,} tried of {every:,}" if trials < every else f"{every:,}"
        where = ", ".join(
            f"{row.node.split('.')[0]} {list(row.first[0])}" for row in self.weights if row.first
        )
        of = self.casts
        return (
            f"inputs that never vary: {self.silent:,} of {self.inputs:,}",
            f"ends of casts never reached: {of.unreached:,} of {of.ends:,}",
            f"ties of casts not met: {of.unmet:,} of {of.ties:,}",
            f"weights whose one-code error no vector would show: {unseen:,} of {some}"
            + (f" (first: {where})" if where else ""),
        )


def coverage(graph: Graph, codes: Mapping[str, IntArray]) -> Coverage:
    """The coverage of vectors.

    Args:
        graph: the exact graph.
        codes: all vectors, (vectors, *shape) by input name.
    """
    silent = sum(
        int(np.count_nonzero((values == values[:1]).reshape(len(values), -1).all(0)))
        for values in codes.values()
    )
    size = sum(graph.info(name).size for name in graph.inputs)
    return Coverage(inputs=size, silent=silent, casts=_casts(graph, codes), weights=_weights(graph, codes))


def _casts(graph: Graph, codes: Mapping[str, IntArray]) -> Casts:
    count = len(next(iter(codes.values())))
    parts = ({name: array[i : i + _PART] for name, array in codes.items()} for i in range(0, count, _PART))
    met = np.any([events(graph, part).any(0) for part in parts], axis=0)
    counts: dict[str, tuple[int, int]] = dict.fromkeys(KINDS, (0, 0))
    lacking: dict[str, int] = {}
    start = 0
    for cast in possible(graph):
        for kind in KINDS:
            many = int(np.count_nonzero(cast.kinds[kind]))
            gaps = many - int(np.count_nonzero(met[start : start + many]))
            start += many
            counts[kind] = (counts[kind][0] + many, counts[kind][1] + gaps)
            lacking[cast.node] = lacking.get(cast.node, 0) + gaps
    (below, above, even, odd) = (counts[kind] for kind in KINDS)
    most = sorted((node for node, gaps in lacking.items() if gaps), key=lambda node: -lacking[node])
    return Casts(
        ends=below[0] + above[0],
        unreached=below[1] + above[1],
        ties=even[0] + odd[0],
        unmet=even[1] + odd[1],
        first=tuple(most[:_LISTED]),
    )


@dataclass(frozen=True, eq=False)
class _Trial:
    """The trial of the weights of one sum.

    Args:
        node: the sum.
        chain: ops behind it that work element by element, up to the first value that something else reads.
        end: the last value of the chain.
        rest: the ops behind the chain.
        cost: values that `rest` computes for a vector.
    """

    node: Node
    chain: tuple[Node, ...]
    end: str
    rest: tuple[Node, ...]
    cost: int


def unseen_weights(
    graph: Graph, codes: Mapping[str, IntArray], node: Node, chosen: IntArray, work: float = np.inf
) -> tuple[IntArray, float]:
    """The first vector that shows a change of a weight by one code; -1 for none, -2 for not tried.

    Args:
        graph: the exact graph.
        codes: (vectors, *shape) by input name.
        node: a MatMul or Conv.
        chosen: flat positions of weights.
        work: values that may be computed.

    Returns:
        Per weight, and the work that was done.
    """
    trial = _trial(graph, node)
    names = {name for each in (*trial.chain, *trial.rest) for name in each.inputs}
    needed = names | {node.name, node.inputs[0], trial.end, *graph.outputs}
    constants = {name: op.codes[np.newaxis] for name in needed if (op := _constant(graph, name))}
    varying = sorted(needed - set(constants))
    first = np.full(len(chosen), -1, np.int64)
    done = 0.0
    elements = sum(graph.info(name).size for name in {*varying, *graph.inputs})
    for rows in _chunks(graph, node, len(next(iter(codes.values()))), elements):
        if not np.any(first == -1):
            break
        inputs = {name: array[rows] for name, array in codes.items()}
        part = evaluate_codes(graph, inputs, varying) | constants
        taps = _taps(graph, node, part[node.inputs[0]])
        open_ = np.flatnonzero(first == -1)
        columns = graph.info(node.inputs[1]).shape[-1]
        for tap in np.unique(chosen[open_] // columns):
            mine = open_[chosen[open_] // columns == tap]
            if done > work:
                first[mine] = -2
                continue
            shown, pairs = _shown(graph, trial, part, taps, int(tap), chosen[mine] % columns)
            done += pairs * trial.cost + part[node.name].size
            hit = shown.any(1)
            first[mine[hit]] = rows[shown[hit].argmax(1)]
    return first, done


def _constant(graph: Graph, name: str) -> Const | None:
    """The constant of that name; None for a value that vectors change."""
    op = graph.node(name).op
    return op if isinstance(op, Const) else None


def _chunks(graph: Graph, node: Node, vectors: int, elements: int) -> Iterator[IntArray]:
    """Numbers of vectors of both parts, few at first, and never more than memory is for.

    Args:
        graph: the exact graph.
        node: a MatMul or Conv.
        vectors: how many there are.
        elements: how many are kept of each.
    """
    order = np.random.default_rng(5).permutation(vectors)
    each = _products(graph, node) // graph.info(node.inputs[1]).shape[-1] + graph.info(node.name).size
    most = max(_ELEMENTS // max(each, elements, 1), 1)
    start = 0
    for size in (*_ROUNDS, *[most] * vectors):
        if start >= vectors:
            return
        end = start + min(size, most)
        yield np.sort(order[start:end])
        start = end


def _trial(graph: Graph, node: Node) -> _Trial:
    chain: list[Node] = []
    end = node
    while end.name not in graph.outputs and len(graph.users[end.name]) == 1:
        (user,) = graph.users[end.name]
        others = [name for name in user.inputs if name != end.name]
        alone = user.inputs.count(end.name) == 1 and all(graph.info(name).is_constant for name in others)
        if (
            user.op.kind is not Kind.POINTWISE
            or not alone
            or graph.info(user.name).shape != graph.info(node.name).shape
        ):
            break
        chain.append(user)
        end = user
    rest = _behind(graph, end.name)
    cost = sum(graph.info(each.name).size + _products(graph, each) for each in rest)
    return _Trial(node, tuple(chain), end.name, rest, max(cost, 1))


def _taps(graph: Graph, node: Node, source: IntArray) -> IntArray:
    """The factor of each weight, (vectors, *space, groups * weights of a column)."""
    op, weights = node.op, graph.info(node.inputs[1])
    assert isinstance(op, Linear)
    info = graph.info(node.inputs[0])
    groups = op.groups if isinstance(op, Conv) else 1
    each = weights.size // weights.shape[-1]
    eye = np.tile(np.eye(each, dtype=np.int64), (1, groups)).reshape(1, *weights.shape[:-1], groups * each)
    plain = ValueInfo.full(eye.shape[1:], FixedType(True, 2, 0))
    return op.evaluate([source, eye], [info, plain], graph.info(node.name))


def _shown(
    graph: Graph, trial: _Trial, values: Mapping[str, IntArray], taps: IntArray, tap: int, columns: IntArray
) -> tuple[NDArray[np.bool_], int]:
    """The vectors that show a change of one tap's weights, (columns, vectors), and the number of pairs run.

    The sums of all columns are changed at once and taken through the chain, which keeps elements apart; what
    changed there is then put into one column at a time.
    """
    name, weights = trial.node.name, graph.info(trial.node.inputs[1])
    width, each = weights.shape[-1], weights.size // weights.shape[-1]
    groups = taps.shape[-1] // each
    group = np.arange(width) // (width // groups)
    delta = taps[..., group * each + tap] * _steps(graph, trial.node, tap)
    moved: dict[str, IntArray] = {name: values[name] + delta}
    for node in trial.chain:
        moved |= {other: values[other] for other in node.inputs if other not in moved}
    run_nodes(trial.chain, graph.infos, moved)
    before = values[trial.end]
    after = np.broadcast_to(moved[trial.end], before.shape)
    vectors = len(before)
    active = (after != before).reshape(vectors, -1, width).any(1)[:, columns].T
    shown = np.zeros(active.shape, np.bool_)
    pairs = np.argwhere(active)
    most = max(_BATCH // trial.cost, 1)
    for start in range(0, len(pairs), most):
        which, rows = pairs[start : start + most].T
        mixed = before[rows].copy()
        at = (np.arange(len(rows)), ..., columns[which])
        mixed[at] = after[rows][at]
        shown[which, rows] = _differs(graph, trial, values, rows, mixed)
    return shown, len(pairs)


def _differs(
    graph: Graph, trial: _Trial, values: Mapping[str, IntArray], rows: IntArray, changed: IntArray
) -> NDArray[np.bool_]:
    """True if an output differs when the end of the chain is `changed`."""
    changed_values: dict[str, IntArray] = {trial.end: changed}
    inside = {node.name for node in trial.rest}
    for node in trial.rest:
        changed_values |= {
            name: values[name] if _constant(graph, name) else values[name][rows]
            for name in node.inputs
            if name not in changed_values and name not in inside
        }
    _run(graph, trial.rest, changed_values)
    differs = np.zeros(len(rows), np.bool_)
    for name in graph.outputs:
        if name in changed_values:
            got = np.broadcast_to(changed_values[name], (len(rows), *graph.info(name).shape))
            differs |= (got != values[name][rows]).reshape(len(rows), -1).any(1)
    return differs


def _run(graph: Graph, nodes: tuple[Node, ...], values: dict[str, IntArray]) -> None:
    """As `run_nodes`; sums of products in floats where no partial sum leaves the float's integers."""
    for node in nodes:
        op = node.op
        kinds = [graph.info(name) for name in node.inputs]
        kind = _carrier(kinds) if isinstance(op, Linear) else None
        if kind is None:
            run_nodes((node,), graph.infos, values)
            continue
        inputs: Any = [values[name].astype(kind) for name in node.inputs]
        values[node.name] = op.evaluate(inputs, kinds, graph.info(node.name)).astype(np.int64)


def _carrier(kinds: Sequence[ValueInfo]) -> Any:
    """The float that holds every partial sum of x times w exactly; None if there is none."""
    x, w = kinds
    if not all(isinstance(info.type, FixedType) for info in kinds):
        return None  # codes of several types are aligned first
    weights = np.abs(w.lo).reshape(-1, w.shape[-1]).astype(np.float64)
    most = float(x.magnitude) * float(weights.sum(0).max(initial=0.0))
    return np.float32 if most < 2.0**24 else np.float64 if most < 2.0**53 else None


def _steps(graph: Graph, node: Node, tap: int) -> IntArray:
    """The change by one code per column, on the sum's grid: upwards, except at the top of the type."""
    info = graph.info(node.inputs[1])
    codes = graph.constant(node.inputs[1])
    top, frac = (np.broadcast_to(np.asarray(part), codes.shape) for part in (info.type.hi, info.type.frac))
    width = codes.shape[-1]
    step = np.where(codes < top, 1, -1).reshape(-1, width)[tap]
    return step << (info.frac - frac.reshape(-1, width)[tap])


def _behind(graph: Graph, name: str) -> tuple[Node, ...]:
    """The nodes that depend on a value."""
    reached = {name}
    nodes: list[Node] = []
    for node in graph.nodes:
        if not reached.isdisjoint(node.inputs):
            reached.add(node.name)
            nodes.append(node)
    return tuple(nodes)


def _products(graph: Graph, node: Node) -> int:
    if not isinstance(node.op, Linear):
        return 0
    weights = graph.info(node.inputs[1])
    return graph.info(node.name).size * (weights.size // weights.shape[-1])


def sums(graph: Graph) -> Iterator[Node]:
    """The sums of products whose weights are constants of the graph."""
    for node in graph.nodes:
        if isinstance(node.op, Linear) and isinstance(graph.node(node.inputs[1]).op, Const):
            yield node


def _weights(graph: Graph, codes: Mapping[str, IntArray]) -> tuple[WeightCoverage, ...]:
    every = list(sums(graph))
    total = sum(graph.info(node.inputs[1]).size for node in every)
    straight = affine_values(graph)
    work = _WORK
    rows: list[WeightCoverage] = []
    for node in reversed(every):  # the last layers first: their trials cost least
        shape, size = graph.info(node.inputs[1]).shape, graph.info(node.inputs[1]).size
        share = size if total <= _MOST_TRIALS else max(_MOST_TRIALS * size // total, 1)
        chosen = np.unique(np.linspace(0, size - 1, share).astype(np.int64))
        first, done = unseen_weights(graph, codes, node, chosen, work)
        work = max(work - done, 0.0)
        unseen = chosen[first == -1]
        rows.append(
            WeightCoverage(
                node=node.name,
                weights=size,
                tried=int(np.count_nonzero(first != -2)),
                unseen=len(unseen),
                first=tuple(tuple(int(i) for i in np.unravel_index(int(w), shape)) for w in unseen[:_LISTED]),
                affine=node.name in straight,
            )
        )
    return tuple(reversed(rows))
