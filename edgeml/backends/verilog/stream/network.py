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
from heapq import heappop, heappush
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
    """Clocks the parts that something happens to; others sleep until a signal or the end of a counter.

    Invariant: a part that sleeps moves no beat, and its state is that of `_at`, some clocks ago.
    """

    def __init__(self, network: Network, beats_in: int, beats_out: int, samples: int) -> None:
        self._network, self._beats_in, self._beats_out, self._samples = network, beats_in, beats_out, samples
        wires = 1 + max(max(one.outs) for one in network)
        self._out = network[-1].outs[0]
        self._valid, self._ready = [False] * wires, [False] * wires
        self._first_move: list[int | None] = [None] * wires
        self._last_move: list[int | None] = [None] * wires
        self._readers, self._writers = [-1] * wires, [-1] * wires
        for place, one in enumerate(network):
            for wire in one.ins:
                self._readers[wire] = place
            for wire in one.outs:
                self._writers[wire] = place
        self._at = [0] * len(network)
        self._wakes: list[int | None] = [None] * len(network)
        self._timers: list[tuple[int, int]] = []
        self._awake = set(range(len(network)))
        self._queue: list[int] = []
        self._sent = self._received = self._clock = self._start = 0
        self._ends: list[int] = []

    def traced(self) -> Trace:
        states: dict[str, int] = {}
        repeats = False
        self._ready[self._out] = True
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
        for place in range(len(self._network)):
            self._rouse(place)
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

    def _rouse(self, place: int) -> None:
        """Bring a part to this clock and have its signals looked at."""
        if self._at[place] < self._clock:
            one = self._network[place]
            if isinstance(one.part, StreamPart):
                one.part.wait(self._clock - self._at[place], self._valid[one.ins[0]])
            self._at[place] = self._clock
        self._awake.add(place)

    def _set_valid(self, wire: int, value: bool) -> None:
        if self._valid[wire] != value:
            reader = self._readers[wire]
            if reader >= 0 and reader not in self._awake:
                self._rouse(reader)
                heappush(self._queue, reader)
            self._valid[wire] = value

    def _set_ready(self, wire: int, value: bool) -> None:
        if self._ready[wire] != value:
            writer = self._writers[wire]
            if writer >= 0 and writer not in self._awake:
                self._rouse(writer)
                heappush(self._queue, -writer)
            self._ready[wire] = value

    def _signals(self) -> None:
        """The signals of this clock: valid with the data, then ready against it."""
        network, valid, ready = self._network, self._valid, self._ready
        self._queue = sorted(self._awake)
        self._set_valid(0, self._sent < self._samples * self._beats_in)
        while self._queue:
            one = network[heappop(self._queue)]
            part = one.part
            if isinstance(part, StreamPart):
                self._set_valid(one.outs[0], part.offers(valid[one.ins[0]]))
            elif isinstance(part, Fork):
                for wire, has in zip(one.outs, part.has, strict=True):
                    self._set_valid(wire, valid[one.ins[0]] and not has)
            else:
                self._set_valid(one.outs[0], all(valid[wire] for wire in one.ins))
        self._queue = sorted(-place for place in self._awake)
        while self._queue:
            one = network[-heappop(self._queue)]
            part = one.part
            if isinstance(part, StreamPart):
                self._set_ready(one.ins[0], part.accepts(ready[one.outs[0]]))
            elif isinstance(part, Fork):
                free = all(has or ready[wire] for wire, has in zip(one.outs, part.has, strict=True))
                self._set_ready(one.ins[0], free)
            else:
                together = ready[one.outs[0]] and valid[one.outs[0]]
                for wire in one.ins:
                    self._set_ready(wire, together)

    def _step(self) -> None:
        """One clock in which something happens."""
        self._signals()
        awake, self._awake = self._awake, set[int]()
        for place in awake:
            self._clocked(place)
        if self._valid[0] and self._ready[0]:
            self._start = self._start if self._sent else self._clock
            self._sent += 1
        if self._valid[self._out]:
            self._moved(self._out)
            self._received += 1
            if self._received % self._beats_out == 0:
                self._ends.append(self._clock - self._start)
        self._clock += 1
        while self._timers and (not self._awake or self._timers[0][0] <= self._clock):
            due, place = heappop(self._timers)
            if self._wakes[place] == due:
                self._clock = due
                self._rouse(place)
        if not self._awake:
            raise StuckError

    def _moved(self, wire: int) -> None:
        if self._first_move[wire] is None:
            self._first_move[wire] = self._clock
        if not self._ends:
            self._last_move[wire] = self._clock

    def _clocked(self, place: int) -> None:
        """One clock edge of a part; it sleeps where that changes nothing."""
        one, valid, ready = self._network[place], self._valid, self._ready
        moves_in = False
        for wire in one.ins:
            if valid[wire] and ready[wire]:
                moves_in = True
                self._moved(wire)
        part, before, after = one.part, one.ins[0], one.outs[0]
        self._wakes[place] = None
        if not moves_in and not any(valid[wire] and ready[wire] for wire in one.outs):
            quiet = part.quiet(valid[before], ready[after]) if isinstance(part, StreamPart) else inf
            if quiet < inf and quiet:
                self._wakes[place] = self._clock + int(quiet)
                heappush(self._timers, (self._clock + int(quiet), place))
            if quiet:
                return
        if isinstance(part, StreamPart):
            part.clock(valid[before], ready[after])
        elif isinstance(part, Fork):
            ways = zip(one.outs, part.has, strict=True)
            part.has = [not moves_in and (has or (valid[before] and ready[wire])) for wire, has in ways]
        self._at[place] = self._clock + 1
        self._awake.add(place)
