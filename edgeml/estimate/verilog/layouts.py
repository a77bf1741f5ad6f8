"""All ways to lay out a chain of layers as a stream, piece by piece.

A folded layer hands over a sample in one beat, so what follows knows of it only the bounds of that beat. The
chain is cut there: a `LayoutStep` goes from one folded layer's result to the next one's, with the layers
between laid out side by side. The cost of a step depends on its beginning alone, so every one is
counted once, and designs are paths of steps.

Invariant: along a path counts and latencies add up to those of the whole design, and its interval is the
largest of the steps', as `counting` has them. If `complete`, no path is missing but
those that lay out more than `SIDE_BY_SIDE` operations of one layer side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import TypeAlias

from edgeml.backends.verilog.limits import operations
from edgeml.backends.verilog.options import VerilogOptions
from edgeml.backends.verilog.stream import factors, timing
from edgeml.backends.verilog.stream.beats import Beats
from edgeml.backends.verilog.stream.flow import DataFlow, chain, source
from edgeml.backends.verilog.stream.network import latency_and_interval
from edgeml.backends.verilog.stream.plan import stretch
from edgeml.estimate.count import Count, total
from edgeml.estimate.verilog import parts
from edgeml.estimate.verilog.counting import StreamPorts, Stretch, stream_ports
from edgeml.estimate.verilog.counting import stretch as counted_stretch
from edgeml.families import Fabric
from edgeml.ir import Graph, Node

_MOST = 3000
"""Steps that are counted at most; more only if the bounds of many layers depend on how others are folded."""

SIDE_BY_SIDE = 4096
"""Operations of a dense layer up to which it is tried side by side: da4ml takes seconds for an adder graph of
so many, minutes for four times as many. A factor of 1 that the options name is tried whatever it takes."""

Place: TypeAlias = tuple[int, bytes]
"""The start of a step: the number of dense layers behind it, and the output of the last one."""

START: Place = (0, b"")


def _quiet(steps: int) -> None:
    """No progress is shown."""


@dataclass(frozen=True)
class LayoutStep:
    """From a folded layer's result, or the input, to the next one's, or the output.

    Args:
        chosen: reuse factors by layer; 1: laid out side by side.
        count: what it is made of.
        latency: clocks from the first beat in to the last one out.
        interval: clocks between samples.
        unrolled: operations of dense layers that are laid out side by side.
        after: where it leads; None: to the output.
        ports: of the whole design; None unless it begins at the input.
    """

    chosen: tuple[tuple[str, int], ...]
    count: Count
    latency: int
    interval: int
    unrolled: int
    after: Place | None
    ports: StreamPorts | None = None


class LayoutSteps:
    """The steps of a graph.

    Args:
        graph: of core ops.
        options: how it would be laid out; reuse factors in it stay as they are.
        chip: its fabric.
        progress: called with the number of steps counted so far.

    Attributes:
        steps: by the place where they begin.
        layers: those that can be folded, in the order of the data.
        repeats: a layer stands in the graph twice, and has one factor.
        complete: whether all steps were counted.

    Raises:
        CannotStreamError: the graph is no chain, or cannot be streamed.
        EdgemlError: a reuse factor in the options cannot be kept to.
    """

    def __init__(
        self,
        graph: Graph,
        options: VerilogOptions,
        chip: Fabric,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        self._graph, self._options, self._chip = graph, options, chip
        self._progress = progress or _quiet
        self._chain: DataFlow = chain(graph)
        nodes = self._chain.nodes
        self._dense = [place for place, node in enumerate(nodes) if factors.is_dense(graph, node)]
        self.layers = factors.dense_layers(graph)
        self.repeats = len(self.layers) < len(self._dense)
        self.complete = True
        self.steps: dict[Place, tuple[LayoutStep, ...]] = {}
        self._starts: dict[Place, Beats] = {}
        self._counted = 0
        self._build()

    def _build(self) -> None:
        waiting: list[Place] = [START]
        while waiting:
            place = waiting.pop()  # the last one first, so that whole designs are found early
            if place in self.steps:
                continue
            if self._counted >= _MOST:
                self.complete = False
                self.steps[place] = ()
                continue
            self.steps[place] = tuple(self._from(place))
            waiting += [step.after for step in self.steps[place] if step.after is not None]

    def _from(self, place: Place) -> Iterator[LayoutStep]:
        """Every step that begins at a place."""
        if place != START:
            yield from self._onward(place[0], self._starts[place])
            return
        for start, only in self._sources():
            yield from self._onward(0, start, only)

    def _sources(self) -> Iterator[tuple[Beats, int | None]]:
        """The ways in which the input may arrive, with the factor of the first dense layer; None: any."""
        info = self._graph.info(self._chain.start.name)
        every = dict.fromkeys(self.layers, 1)
        if len(info.shape) == 1 and factors.of_input(every, self._graph, self._chain.nodes) is not None:
            for factor in self._factors(self._node(0).layer, info.size, 1):
                yield source(self._chain, factor), factor
            return
        beats = None if self._dense else factors.of_input(self._options.reuse_factor, self._graph, ())
        yield source(self._chain, beats), None

    def _factors(self, layer: str, size: int, count: int) -> tuple[int, ...]:
        """The factors that a layer may have, if its elements arrive in `count` beats of `size`."""
        fixed = factors.of(self._options.reuse_factor, layer)
        return factors.choices(size, count) if fixed is None else (max(fixed, count),)

    def _is_large(self, node: Node) -> bool:
        """True if a layer is too large to be tried side by side."""
        named = factors.of(self._options.reuse_factor, node.layer) is not None
        return not named and operations(self._graph, node) > SIDE_BY_SIDE

    def _node(self, dense: int) -> Node:
        return self._chain.nodes[self._dense[dense]]

    def _onward(self, begin: int, start: Beats, only: int | None = None) -> Iterator[LayoutStep]:
        """Steps over some unrolled layers to each folded one behind them, and to the end.

        Args:
            begin: the first dense layer of the step.
            start: what comes in.
            only: the one factor that the first dense layer can have.
        """
        at = self._dense[begin - 1] + 1 if begin else 0
        begins = begin == 0
        unrolled = 0
        for last in range(begin, len(self._dense) + 1):
            ends = last == len(self._dense)
            nodes = self._chain.nodes[at : None if ends else self._dense[last]]
            chosen = tuple((self._node(dense).layer, 1) for dense in range(begin, last))
            before, now = stretch(self._chain, start, nodes, 1, 1, None)
            unfolded = counted_stretch(self._graph, before, self._options, self._chip)
            if ends:
                yield self._step(begins, start, now, [unfolded], chosen, unrolled, None)
                return
            node = self._node(last)
            free = self._factors(node.layer, now.size, now.count)
            if only is not None and last == begin:
                free = (only,)
            for factor in free:
                if factor == 1 and now.count == 1:
                    continue  # that is the next turn of the outer loop
                fold, end = stretch(self._chain, now, (node,), factor, factor, self._options.pair_bits)
                after = (last + 1, _key(end))
                self._starts.setdefault(after, end)
                folded = counted_stretch(self._graph, fold, self._options, self._chip)
                named = (*chosen, (node.layer, factor))
                yield self._step(begins, start, end, [unfolded, folded], named, unrolled, after)
            unrolled += operations(self._graph, node)
            if (
                1 not in free
                or now.count > 1
                or unrolled > self._options.unroll_limit
                or self._is_large(node)
            ):
                return

    def _step(
        self,
        begins: bool,
        start: Beats,
        end: Beats,
        pieces: Sequence[Stretch],
        chosen: tuple[tuple[str, int], ...],
        unrolled: int,
        after: Place | None,
    ) -> LayoutStep:
        self._counted += 1
        self._progress(self._counted)
        frame = parts.skid(start.bits) if begins else Count()
        modules: list[timing.StreamPart] = [timing.Skid()] if begins else []
        modules += [part for piece in pieces for part in deepcopy(piece.parts)]
        latency, interval = latency_and_interval(modules, deepcopy(modules), start.count, end.count)
        count = total([frame, *(piece.count for piece in pieces)])
        ports = self._ports(start, end) if begins else None
        return LayoutStep(chosen, count, latency, interval, unrolled, after, ports)

    def _ports(self, start: Beats, end: Beats) -> StreamPorts:
        """Of the whole design: behind a dense layer everything is one beat."""
        ports = stream_ports(self._graph, start, end)
        if not self._dense:
            return ports
        result = self._graph.info(self._graph.outputs[0])
        lane = ports.out_bits // end.size
        return replace(ports, out_bits=lane * result.size, out_beats=1)


def _key(beats: Beats) -> bytes:
    """Equal for beats after which everything is equal."""
    shape = repr((beats.value, beats.count, beats.beat, beats.signed, beats.width)).encode()
    return b"".join([shape, *(part.tobytes() for part in (beats.lo, beats.hi, beats.frac))])
