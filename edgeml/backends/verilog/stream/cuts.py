"""The cuts of a graph into streams.

A value is a *stream* if a FIFO, a window or a fork can stand behind it: the input, the output, whatever a
stage reads, and whatever paths of different streams meet with. All other values are inside of a kernel, which
belongs to the one stream that it ends in.

Invariant: every value inside of a kernel is needed by one stream only, and a kernel reads streams alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from edgeml.backends.verilog.stream.beats import CannotStreamError
from edgeml.ir import Graph, Node
from edgeml.ir.ops.concat import Concat


class StageKind(Enum):
    """The part in front of a node, or in its place."""

    NONE = "none"
    WINDOW = "window"
    """The node begins a kernel behind a window."""
    WHOLE = "whole"
    """The node is a segment of its own: a folded product, a pad, a reduction."""


@dataclass(frozen=True)
class Cuts:
    """The streams of a graph.

    Args:
        streams: names of values, in the order of the data.
        kernels: the nodes of the kernel that ends in a stream, in order; none for a segment of its own.
        reads: the streams that the kernel or segment of a stream reads, in the order of the data.
    """

    streams: tuple[str, ...]
    kernels: Mapping[str, tuple[Node, ...]]
    reads: Mapping[str, tuple[str, ...]]


def cut(
    graph: Graph,
    start: str,
    nodes: Sequence[Node],
    varying: Mapping[str, tuple[str, ...]],
    stages: Mapping[str, StageKind],
) -> Cuts:
    """Find the streams of a graph.

    Args:
        graph: of core ops.
        start: the input.
        nodes: all others that vary, in the order of the data.
        varying: by node, the values that it reads and that vary.
        stages: by node.

    Raises:
        CannotStreamError: paths meet in an op that takes one stream only.
    """
    streams = {start, nodes[-1].name if nodes else start}
    for node in nodes:
        if stages[node.name] is not StageKind.NONE:
            streams |= set(varying[node.name])
        if stages[node.name] is StageKind.WHOLE:
            streams.add(node.name)
    while True:
        more = _met(nodes, varying, stages, streams) or _shared(nodes, varying, stages, streams)
        if not more:
            break
        streams |= more
    order = [start, *(node.name for node in nodes if node.name in streams)]
    kernels = {name: _cone(name, nodes, varying, stages, streams) for name in order[1:]}
    places = {name: place for place, name in enumerate(order)}
    reads: dict[str, tuple[str, ...]] = {}
    for name in order[1:]:
        inside = {node.name for node in kernels[name]}
        ends = kernels[name] or tuple(node for node in nodes if node.name == name)
        outside = {source for node in ends for source in varying[node.name]} - inside
        reads[name] = tuple(sorted(outside, key=places.__getitem__))
        if len(outside) > 1:
            _check_join(graph, [node for node in ends if not set(varying[node.name]) <= inside])
    return Cuts(tuple(order), kernels, reads)


def _check_join(graph: Graph, nodes: Sequence[Node]) -> None:
    for node in nodes:
        if isinstance(node.op, Concat) and node.op.axis != len(graph.info(node.name).shape) - 1:
            raise CannotStreamError(
                node, f"it joins streams along axis {node.op.axis}, not along the channels"
            )


def _met(
    nodes: Sequence[Node],
    varying: Mapping[str, tuple[str, ...]],
    stages: Mapping[str, StageKind],
    streams: set[str],
) -> set[str]:
    """Values that have to become streams since a node reads them beside other streams."""
    origin: dict[str, str] = {}

    def of(name: str) -> str:
        return name if name in streams or name not in origin else origin[name]

    for node in nodes:
        if stages[node.name] is not StageKind.NONE:
            origin[node.name] = f"{node.name}'"  # behind its window
            continue
        origins = {of(name) for name in varying[node.name]}
        if len(origins) > 1:
            missing = {name for name in varying[node.name] if name not in streams}
            if missing:
                return missing
            origin[node.name] = f"{node.name}'"  # a join
        else:
            (origin[node.name],) = origins
    return set()


def _shared(
    nodes: Sequence[Node],
    varying: Mapping[str, tuple[str, ...]],
    stages: Mapping[str, StageKind],
    streams: set[str],
) -> set[str]:
    """Values that two kernels would compute."""
    owner: dict[str, str] = {}
    for name in (node.name for node in nodes if node.name in streams):
        for node in _cone(name, nodes, varying, stages, streams):
            if owner.setdefault(node.name, name) != name:
                return {node.name}
    return set()


def _cone(
    end: str,
    nodes: Sequence[Node],
    varying: Mapping[str, tuple[str, ...]],
    stages: Mapping[str, StageKind],
    streams: set[str],
) -> tuple[Node, ...]:
    """The nodes that a stream is computed by, from other streams on."""
    if stages[end] is StageKind.WHOLE:
        return ()
    needed = {end}
    for node in reversed(nodes):
        if node.name in needed and stages[node.name] is StageKind.NONE:
            needed |= {name for name in varying[node.name] if name not in streams}
    return tuple(node for node in nodes if node.name in needed)
