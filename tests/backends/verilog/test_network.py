"""The run of a network's parts that lets them sleep gives what clocking every part gives."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest

from edgeml.backends.verilog.stream import timing
from edgeml.backends.verilog.stream.network import Fork, Join, Network, Placed, StuckError, trace
from edgeml.backends.verilog.stream.timing import StreamPart

_PADDING = ((1, 0), (0, 1))


def any_part(rng: np.random.Generator) -> StreamPart:
    n, m = (int(n) for n in rng.integers(1, 5, 2))
    parts: list[StreamPart] = [
        timing.Wires(),
        timing.Pipe(n),
        timing.Skid(),
        timing.Fifo(n),
        timing.Serialize(n),
        timing.Fold(n),
        timing.ProductModel(3 * n, m),
        timing.Reduce(n),
        timing.Collect(n),
        timing.Window((4, 4), (2, 2), (1, 1), _PADDING),
        timing.Window((4, 4), (3, 3), (2, 2), ((0, 0), (0, 0))),
    ]
    return parts[rng.integers(len(parts))]


def any_network(rng: np.random.Generator) -> list[Placed]:
    """Parts, and forks whose ways of up to two parts meet again."""
    network: list[Placed] = []
    wires = 1

    def after(part: StreamPart | Fork | Join, ins: tuple[int, ...], ways: int = 1) -> tuple[int, ...]:
        nonlocal wires
        network.append(Placed(part, ins, tuple(range(wires, wires + ways))))
        wires += ways
        return network[-1].outs

    at: tuple[int, ...] = (0,)
    for _ in range(rng.integers(1, 6)):
        if rng.random() < 0.6:
            at = after(any_part(rng), at)
            continue
        ways = int(rng.integers(2, 4))
        ends: list[int] = []
        for way in after(Fork(ways), at, ways):
            end: tuple[int, ...] = (way,)
            for _ in range(rng.integers(3)):
                end = after(any_part(rng), end)
            ends += end
        at = after(Join(), tuple(ends))
    return network


def settle(network: Network, valid: list[bool], ready: list[bool]) -> None:
    """All signals of a clock, given those at both ends."""
    for one in network:
        for wire, has in zip(one.outs, getattr(one.part, "has", [False]), strict=True):
            here = all(valid[before] for before in one.ins) and not has
            valid[wire] = one.part.offers(here) if isinstance(one.part, StreamPart) else here
    for one in reversed(network):
        has = getattr(one.part, "has", [False])
        free = all(h or ready[wire] for wire, h in zip(one.outs, has, strict=True))
        if isinstance(one.part, StreamPart):
            free = one.part.accepts(free)
        for wire in one.ins:
            ready[wire] = free and (valid[one.outs[0]] or not isinstance(one.part, Join))


def plainly(network: Network, beats_in: int, beats_out: int, samples: int) -> list[int]:
    """The ends of all results; every part is clocked at every clock."""
    wires = 1 + max(max(one.outs) for one in network)
    valid, ready = [False] * wires, [False] * wires
    ends: list[int] = []
    sent = taken = clock = moved = start = 0
    while len(ends) < samples:
        valid[0], ready[-1] = sent < samples * beats_in, True
        settle(network, valid, ready)
        if any(v and r for v, r in zip(valid, ready, strict=True)):
            moved = clock
        if clock - moved > 100:
            raise StuckError
        if valid[0] and ready[0]:
            start = start if sent else clock
            sent += 1
        if valid[-1]:
            taken += 1
            if taken % beats_out == 0:
                ends.append(clock - start)
        for one in network:
            if isinstance(one.part, StreamPart):
                one.part.clock(valid[one.ins[0]], ready[one.outs[0]])
            elif isinstance(one.part, Fork) and valid[one.ins[0]]:
                done = ready[one.ins[0]]
                ways = zip(one.outs, one.part.has, strict=True)
                one.part.has = [not done and (has or ready[wire]) for wire, has in ways]
        clock += 1
    return ends


def outcome(run: object) -> object:
    """The result of a call, or "stuck" where nothing moves any more."""
    assert callable(run)
    try:
        return run()
    except StuckError:
        return "stuck"


@pytest.mark.parametrize("seed", range(60))
def test_parts_that_sleep_change_no_clock(seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = any_network(rng)
    beats_in, beats_out, samples = (int(rng.integers(1, most)) for most in (20, 5, 7))
    whole = outcome(lambda: list(trace(deepcopy(network), beats_in, beats_out, samples).ends))
    assert whole == outcome(lambda: plainly(deepcopy(network), beats_in, beats_out, samples))
