"""Latency and interval of a chain of parts, computed clock by clock from models of hw/rtl.

Each model has the state of its module that decides when beats move, and nothing else. The simulation of the
Verilog measures both figures again, so a model that differs from its module is found.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field


class StreamPart(ABC):
    """A module with a stream in and a stream out."""

    @abstractmethod
    def offers(self, in_valid: bool) -> bool:
        """The valid signal at its output; `in_valid`, that at its input, matters to combinational parts."""

    @abstractmethod
    def accepts(self, out_ready: bool) -> bool:
        """The ready signal at its input, given the one at its output."""

    @abstractmethod
    def clock(self, in_valid: bool, out_ready: bool) -> None:
        """One clock edge with the valid signal at its input and the ready signal at its output."""


@dataclass
class Wires(StreamPart):
    """A kernel without registers."""

    def offers(self, in_valid: bool) -> bool:
        return in_valid

    def accepts(self, out_ready: bool) -> bool:
        return out_ready

    def clock(self, in_valid: bool, out_ready: bool) -> None:
        """No state."""


@dataclass
class Pipe(StreamPart):
    """edgeml_pipe_control."""

    stages: int
    valid: list[bool] = field(default_factory=list[bool])

    def __post_init__(self) -> None:
        self.valid = [False] * self.stages

    def offers(self, in_valid: bool) -> bool:
        return self.valid[-1]

    def accepts(self, out_ready: bool) -> bool:
        return out_ready or not self.valid[-1]

    def clock(self, in_valid: bool, out_ready: bool) -> None:
        if self.accepts(out_ready):
            self.valid = [in_valid, *self.valid[:-1]]


@dataclass
class Skid(StreamPart):
    """edgeml_skid."""

    valid: bool = False
    ready: bool = True

    def offers(self, in_valid: bool) -> bool:
        return self.valid

    def accepts(self, out_ready: bool) -> bool:
        return self.ready

    def clock(self, in_valid: bool, out_ready: bool) -> None:
        if out_ready or not self.valid:
            self.valid, self.ready = in_valid or not self.ready, True
        elif in_valid:
            self.ready = False


@dataclass
class Fifo(StreamPart):
    """edgeml_fifo."""

    words: int
    count: int = 0
    valid: bool = False

    def offers(self, in_valid: bool) -> bool:
        return self.valid

    def accepts(self, out_ready: bool) -> bool:
        return self.count < self.words

    def clock(self, in_valid: bool, out_ready: bool) -> None:
        put = in_valid and self.count < self.words
        free = out_ready or not self.valid
        take = self.count > 0 and free
        self.count += put - take
        if free:
            self.valid = take


@dataclass
class Serialize(StreamPart):
    """edgeml_serialize."""

    parts: int
    valid: bool = False
    part: int = 0

    def offers(self, in_valid: bool) -> bool:
        return self.valid

    def accepts(self, out_ready: bool) -> bool:
        return not self.valid or (self.part == self.parts - 1 and out_ready)

    def clock(self, in_valid: bool, out_ready: bool) -> None:
        ready = self.accepts(out_ready)
        if self.valid and out_ready:
            self.part = (self.part + 1) % self.parts
        if ready:
            self.valid = in_valid


@dataclass
class Fold(StreamPart):
    """edgeml_fold."""

    beats: int
    beat: int = 0
    stages: tuple[bool, bool, bool] = (False, False, False)
    valid: bool = False

    def offers(self, in_valid: bool) -> bool:
        return self.valid

    def accepts(self, out_ready: bool) -> bool:
        return out_ready or not self.valid

    def clock(self, in_valid: bool, out_ready: bool) -> None:
        if not self.accepts(out_ready):
            return
        last = in_valid and self.beat == self.beats - 1
        self.valid, self.stages = self.stages[2], (last, *self.stages[:2])
        if in_valid:
            self.beat = (self.beat + 1) % self.beats


@dataclass
class Window(StreamPart):
    """edgeml_window; sizes as (rows, columns), padding as (before, after) for each."""

    size: tuple[int, int]
    reach: tuple[int, int]
    strides: tuple[int, int]
    padding: tuple[tuple[int, int], tuple[int, int]]
    at: tuple[int, int] = (0, 0)
    valid: bool = False

    def _inside(self) -> bool:
        return all(
            0 <= place - before < size
            for place, size, (before, _) in zip(self.at, self.size, self.padding, strict=True)
        )

    def offers(self, in_valid: bool) -> bool:
        return self.valid

    def accepts(self, out_ready: bool) -> bool:
        return (out_ready or not self.valid) and self._inside()

    def clock(self, in_valid: bool, out_ready: bool) -> None:
        if self.valid and not out_ready:
            return
        self.valid = False
        if not in_valid and self._inside():
            return
        over = [place - (reach - 1) for place, reach in zip(self.at, self.reach, strict=True)]
        self.valid = all(n >= 0 and n % stride == 0 for n, stride in zip(over, self.strides, strict=True))
        rows, columns = (size + sum(pair) for size, pair in zip(self.size, self.padding, strict=True))
        y, x = self.at
        self.at = (y, x + 1) if x + 1 < columns else ((y + 1) % rows, 0)


_SAMPLES = 5
"""Samples sent one after the other; the interval is that of the last two, as the runner measures it."""


def latency_and_interval(
    parts: Sequence[StreamPart], fresh: Sequence[StreamPart], beats_in: int, beats_out: int
) -> tuple[int, int]:
    """Clocks from the first beat in to the last beat out of one sample, and between samples at full speed.

    Args:
        parts: the chain, never clocked before.
        fresh: a second, equal chain, never clocked before either.
        beats_in: per sample.
        beats_out: per sample.
    """
    alone = trace(parts, beats_in, beats_out, 1).ends
    many = trace(fresh, beats_in, beats_out).ends
    return alone[0], many[-1] - many[-2]


@dataclass(frozen=True)
class Trace:
    """The beats of a chain at full speed, in clocks from the one that takes the first beat.

    Args:
        enters: of every part, its first beat in.
        leaves: of every part, its last beat out before the first result is whole.
        ends: the last beat of every result.
    """

    enters: tuple[int, ...]
    leaves: tuple[int, ...]
    ends: tuple[int, ...]


def trace(parts: Sequence[StreamPart], beats_in: int, beats_out: int, samples: int = _SAMPLES) -> Trace:
    """Clock a chain whose input always has a beat and whose output is always ready.

    Args:
        parts: the chain, never clocked before.
        beats_in: per sample.
        beats_out: per sample.
        samples: number of samples to run.
    """
    enters: list[int | None] = [None] * len(parts)
    leaves: list[int | None] = [None] * len(parts)
    sent = received = clock = first = 0
    ends: list[int] = []
    while len(ends) < samples:
        offered = [sent < samples * beats_in]
        for part in parts:
            offered.append(part.offers(offered[-1]))
        ready = [True]
        for part in reversed(parts):
            ready.append(part.accepts(ready[-1]))
        ready.reverse()
        moved = [here and there for here, there in zip(offered, ready, strict=True)]
        for position in range(len(parts)):
            if enters[position] is None and moved[position]:
                enters[position] = clock
            if not ends and moved[position + 1]:
                leaves[position] = clock
        if moved[0]:
            first = first if sent else clock
            sent += 1
        if offered[-1]:
            received += 1
            if received % beats_out == 0:
                ends.append(clock - first)
        for position, part in enumerate(parts):
            part.clock(offered[position], ready[position + 1])
        clock += 1
    return Trace(_since(enters, first), _since(leaves, first), tuple(ends))


def _since(clocks: Sequence[int | None], first: int) -> tuple[int, ...]:
    return tuple(0 if clock is None else clock - first for clock in clocks)
