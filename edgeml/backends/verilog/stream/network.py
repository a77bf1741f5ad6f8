"""A design's parts run together: its clocks, the depth of its FIFOs, and a proof that it never sticks.

Every part of hw/rtl gives the same beats in the same order whenever its beats come (a Kahn process), and a
part that holds more beats never blocks where one that holds fewer goes on. So it does not depend on the
clocks whether a network comes to a standstill: if the parts that hold least go on for ever in one run, the
real ones do in every run, whatever the stalls. `proven_free` makes that run, up to a state that came before.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from math import inf
from typing import TypeAlias

from edgeml.backends.verilog.stream.timing import StreamPart

_SAMPLES = 5
"""Samples sent one after the other; the interval is that of the last two, as the runner measures it."""

_REPEATS = 64
"""Samples within which a state has to come again."""


class StuckError(Exception):
    """A network in which no beat can move any more."""


@dataclass
class Fork:
    """edgeml_fork."""

    ways: int
    has: list[bool] = field(default_factory=list[bool])

    def __post_init__(self) -> None:
        self.has = [False] * self.ways


@dataclass
class Join:
    """Several streams whose beats go on together; wires."""


@dataclass(frozen=True)
class Placed:
    """A part between numbered wires, each of them a stream; wire 0 is the input."""

    part: StreamPart | Fork | Join
    ins: tuple[int, ...]
    outs: tuple[int, ...]


Network: TypeAlias = Sequence[Placed]
"""Parts in the order of the data; the last one's only wire is the output."""


def chained(parts: Sequence[StreamPart]) -> Network:
    """Parts one behind the other."""
    return [Placed(part, (at,), (at + 1,)) for at, part in enumerate(parts)]


def latency_and_interval(
    parts: Sequence[StreamPart], fresh: Sequence[StreamPart], beats_in: int, beats_out: int
) -> tuple[int, int]:
    """Clocks from the first beat in to the last beat out of one sample, and between samples at full speed.

    Args:
        parts: a chain, never clocked before.
        fresh: a second, equal chain, never clocked before either.
        beats_in: per sample.
        beats_out: per sample.
    """
    alone = trace(chained(parts), beats_in, beats_out, 1).ends
    many = trace(chained(fresh), beats_in, beats_out).ends
    return alone[0], many[-1] - many[-2]


@dataclass(frozen=True)
class Trace:
    """The beats of a network at full speed, in clocks from the one that takes the first beat.

    Args:
        enters: of every part, its first beat in.
        leaves: of every part, its last beat out before the first result is whole.
        ends: the last beat of every result.
        repeats: whether a state came again, so that everything goes on like that.
    """

    enters: tuple[int, ...]
    leaves: tuple[int, ...]
    ends: tuple[int, ...]
    repeats: bool = False


def trace(network: Network, beats_in: int, beats_out: int, samples: int = _SAMPLES) -> Trace:
    """Clock a network whose input always has a beat and whose output is always ready.

    Args:
        network: its parts, never clocked before.
        beats_in: per sample.
        beats_out: per sample.
        samples: number of samples to run; where a state comes again the others are worked out.

    Raises:
        StuckError: nothing moves any more.
    """
    return _NetworkRun(network, beats_in, beats_out, samples).traced()


def least(network: Network) -> Network:
    """The same network of parts that hold no more beats than these surely do."""
    return [
        Placed(
            one.part.least() if isinstance(one.part, StreamPart) else deepcopy(one.part), one.ins, one.outs
        )
        for one in network
    ]


def proven_free(network: Network, beats_in: int, beats_out: int) -> bool:
    """True if no stalls at its ends can bring a network to a standstill.

    Args:
        network: never clocked before; it stays so.
        beats_in: per sample.
        beats_out: per sample.
    """
    try:
        return trace(least(network), beats_in, beats_out, _REPEATS).repeats
    except StuckError:
        return False


class _NetworkRun:
    def __init__(self, network: Network, beats_in: int, beats_out: int, samples: int) -> None:
        self._network, self._beats_in, self._beats_out, self._samples = network, beats_in, beats_out, samples
        self._wires = 1 + max(max(one.outs) for one in network)
        self._out = network[-1].outs[0]
        self._valid, self._ready = [False] * self._wires, [False] * self._wires
        self._first_move: list[int | None] = [None] * self._wires
        self._last_move: list[int | None] = [None] * self._wires
        # Every part with a wire at either end; `_ways` has the others of a fork or a join, by its `after`.
        self._forwards = [(one.part, one.ins[0], one.outs[0]) for one in network]
        self._backwards = self._forwards[::-1]
        self._ways = {
            one.outs[0]: one.outs if isinstance(one.part, Fork) else one.ins
            for one in network
            if not isinstance(one.part, StreamPart)
        }
        self._sent = self._received = self._clock = self._start = 0
        self._ends: list[int] = []

    def traced(self) -> Trace:
        states: dict[str, int] = {}
        repeats = False
        while len(self._ends) < self._samples:
            ended = len(self._ends)
            self._step()
            if len(self._ends) == ended or self._samples == 1:
                continue
            state = self._state()
            if state in states:
                repeats = True
                self._extend(states[state])
                break
            states[state] = len(self._ends) - 1
        enters = [self._first_move[one.ins[0]] for one in self._network]
        leaves = [self._last_move[one.outs[0]] for one in self._network]
        return Trace(self._since(enters), self._since(leaves), tuple(self._ends), repeats)

    def _since(self, clocks: Sequence[int | None]) -> tuple[int, ...]:
        return tuple(0 if clock is None else clock - self._start for clock in clocks)

    def _state(self) -> str:
        """All that decides what comes next."""
        parts = [
            {key: value for key, value in vars(one.part).items() if key != "most"} for one in self._network
        ]
        return f"{self._sent % self._beats_in} {self._sent // self._beats_in - len(self._ends)} {parts}"

    def _extend(self, since: int) -> None:
        """The ends of further samples, as they came since one that left the same state."""
        period = len(self._ends) - 1 - since
        clocks = self._ends[-1] - self._ends[since]
        while len(self._ends) < self._samples:
            self._ends.append(self._ends[-period] + clocks)

    def _signals(self) -> None:
        valid, ready = self._valid, self._ready
        valid[0] = self._sent < self._samples * self._beats_in
        for part, before, after in self._forwards:
            if isinstance(part, StreamPart):
                valid[after] = part.offers(valid[before])
            elif isinstance(part, Fork):
                for wire, has in zip(self._ways[after], part.has, strict=True):
                    valid[wire] = valid[before] and not has
            else:
                valid[after] = all(valid[wire] for wire in self._ways[after])
        ready[self._out] = True
        for part, before, after in self._backwards:
            if isinstance(part, StreamPart):
                ready[before] = part.accepts(ready[after])
            elif isinstance(part, Fork):
                ready[before] = all(
                    has or ready[wire] for wire, has in zip(self._ways[after], part.has, strict=True)
                )
            else:
                together = ready[after] and valid[after]
                for wire in self._ways[after]:
                    ready[wire] = together

    def _step(self) -> None:
        self._signals()
        valid, ready, clock = self._valid, self._ready, self._clock
        moves = [wire for wire in range(self._wires) if valid[wire] and ready[wire]]
        if not moves and self._waited():
            return
        for wire in moves:
            if self._first_move[wire] is None:
                self._first_move[wire] = clock
        if not self._ends:
            for wire in moves:
                self._last_move[wire] = clock
        if valid[0] and ready[0]:
            self._start = self._start if self._sent else clock
            self._sent += 1
        if valid[self._out]:
            self._received += 1
            if self._received % self._beats_out == 0:
                self._ends.append(clock - self._start)
        for part, before, after in self._forwards:
            if isinstance(part, StreamPart):
                part.clock(valid[before], ready[after])
            elif isinstance(part, Fork) and valid[before]:
                done = ready[before]
                part.has = [
                    not done and (has or ready[wire])
                    for wire, has in zip(self._ways[after], part.has, strict=True)
                ]
        self._clock += 1

    def _waited(self) -> bool:
        """Let clocks in which nothing changes but counters pass at once; false if there are none."""
        valid, ready = self._valid, self._ready
        quiet = inf
        for one in self._network:
            if isinstance(one.part, StreamPart):
                quiet = min(quiet, one.part.quiet(valid[one.ins[0]], ready[one.outs[0]]))
                if not quiet:
                    return False
        if quiet == inf:
            raise StuckError
        for one in self._network:
            if isinstance(one.part, StreamPart):
                one.part.wait(int(quiet), valid[one.ins[0]])
        self._clock += int(quiet)
        return True
