"""The models of a plan's parts, wired as `top` writes them, and the depths of its FIFOs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from edgeml.backends.verilog.stream import timing
from edgeml.backends.verilog.stream.network import Fork, Join, Network, Placed, StuckError, proven_free, trace
from edgeml.backends.verilog.stream.segments import (
    INPUT,
    CollectSegment,
    FoldSegment,
    KernelSegment,
    ProductSegment,
    QueueSegment,
    ReduceSegment,
    Segment,
    SerializeSegment,
    StreamPlan,
    WindowSegment,
)
from edgeml.errors import EdgemlError

_DEEPEST = 1024
"""Words of the deepest FIFO in front of a serializer."""

_SAMPLES = 6
"""Samples at full speed whose beats a FIFO has to hold, where no state comes again before."""

_LARGEST = 24
"""Bits of the largest address of a FIFO."""


def queue_address(count: int) -> int:
    """Bits of the address of the FIFO in front of a serializer that takes `count` beats per sample."""
    return max(1, min(count, _DEEPEST).bit_length())


@dataclass(frozen=True)
class WiredParts:
    """The parts of a plan.

    Args:
        network: all of them.
        spans: by segment, the places of its first and last part.
    """

    network: Network
    spans: tuple[tuple[int, int], ...]


def parts_of(segment: Segment, latency: int, words: float) -> list[timing.StreamPart]:
    """New models of a segment's parts, in order.

    Args:
        segment: any.
        latency: stages of its kernel, if it is one.
        words: of its FIFO, if it is one in front of a join.
    """
    match segment:
        case WindowSegment():
            return [timing.Window(segment.size, segment.reach, segment.strides, segment.padding)]
        case KernelSegment():
            return [timing.Pipe(latency) if latency else timing.Wires(), timing.Skid()]
        case SerializeSegment():
            several = segment.source.count > 1
            fifo = [timing.Fifo(1 << queue_address(segment.source.count))] if several else []
            return [*fifo, timing.Serialize(segment.source.size // segment.sink.size)]
        case FoldSegment():
            return [timing.Fold(len(segment.weights)), timing.Skid()]
        case ProductSegment():
            return [timing.ProductModel(segment.beats, segment.passes)]
        case CollectSegment():
            return [timing.Collect(segment.sink.size // segment.source.size)]
        case ReduceSegment():
            return [timing.Reduce(segment.source.count)]
        case QueueSegment():
            return [timing.Fifo(words)]


def wired(plan: StreamPlan, latencies: Mapping[int, int], words: Mapping[int, float]) -> WiredParts:
    """New models of all parts of a plan.

    Args:
        plan: its segments.
        latencies: stages by the place of a kernel among them.
        words: of each FIFO in front of a join, by its place.
    """
    network: list[Placed] = [Placed(timing.Skid(), (0,), (1,))]
    wires, spans = 2, list[tuple[int, int]]()
    readers = Counter(read for reads in plan.reads for read in reads)
    ends: dict[int, list[int]] = {}

    def finish(stream: int, wire: int) -> None:
        """Give the readers of a stream a wire each."""
        nonlocal wires
        ways = readers[stream]
        ends[stream] = [wire]
        if ways > 1:
            ends[stream] = list(range(wires, wires + ways))
            network.append(Placed(Fork(ways), (wire,), tuple(ends[stream])))
            wires += ways

    finish(INPUT, 1)
    for place, (segment, reads) in enumerate(zip(plan.segments, plan.reads, strict=True)):
        wire, *others = (ends[read].pop(0) for read in reads)
        first = len(network)
        if others:
            network.append(Placed(Join(), (wire, *others), (wires,)))
            wire, wires = wires, wires + 1
        for part in parts_of(segment, latencies.get(place, 0), words.get(place, inf)):
            network.append(Placed(part, (wire,), (wires,)))
            wire, wires = wires, wires + 1
        spans.append((first, len(network) - 1))
        finish(place, wire)
    return WiredParts(network, tuple(spans))


def depths(plan: StreamPlan, latencies: Mapping[int, int]) -> Mapping[int, int]:
    """Bits of the address of each FIFO in front of a join, by the segment's place.

    A FIFO has at least the words that it holds at full speed, so that none slows the design down; that the
    design never sticks with them, whatever the stalls, is proven.

    Raises:
        EdgemlError: there are no such depths, a fault of the planner.
    """
    places = [place for place, one in enumerate(plan.segments) if isinstance(one, QueueSegment)]
    if not places:
        return {}
    free = wired(plan, latencies, {})
    counts = plan.source.count, plan.sink.count
    try:
        trace(free.network, *counts, _SAMPLES)
    except StuckError:
        raise EdgemlError(
            "comes to a standstill whatever its FIFOs hold", "verilog", "please report it"
        ) from None
    chosen: dict[int, int] = {}
    for place in places:
        first = free.spans[place][0]
        part = free.network[first].part
        assert isinstance(part, timing.Fifo)
        chosen[place] = max(1, part.most.bit_length())
    while max(chosen.values()) <= _LARGEST:
        sized = wired(plan, latencies, {place: 1 << bits for place, bits in chosen.items()})
        if proven_free(sized.network, *counts):
            return chosen
        chosen = {place: bits + 1 for place, bits in chosen.items()}
    deepest = plan.segments[max(chosen, key=lambda place: chosen[place])]
    assert isinstance(deepest, QueueSegment)
    what = f"needs a FIFO of more than {1 << _LARGEST:,} beats in front of a join"
    raise EdgemlError(what, deepest.node, "use another back end, or a shorter path beside the other one")
