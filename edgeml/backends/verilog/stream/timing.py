"""Models of the parts in hw/rtl: when beats move, clock by clock.

Each model has the state of its module that decides when beats move, and nothing else. The simulation of the
Verilog measures latency and interval again, so a model that differs from its module is found. `network` runs
them together.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import deepcopy
from dataclasses import dataclass, field
from math import inf


class StreamPart(ABC):
    """A module with a stream in and a stream out.

    Every part gives the same beats in the same order whenever its beats come and go, which is what makes
    `network.proven_free` a proof.
    """

    @abstractmethod
    def offers(self, in_valid: bool) -> bool:
        """The valid signal at its output; `in_valid`, that at its input, matters to combinational parts."""

    @abstractmethod
    def accepts(self, out_ready: bool) -> bool:
        """The ready signal at its input, given the one at its output."""

    @abstractmethod
    def clock(self, in_valid: bool, out_ready: bool) -> None:
        """One clock edge with the valid signal at its input and the ready signal at its output."""

    def quiet(self, in_valid: bool, out_ready: bool) -> float:
        """Clocks before its signals can change, while no beat moves at either side; inf: for ever."""
        return inf

    def wait(self, clocks: int, in_valid: bool) -> None:
        """Let as many clocks pass as `quiet` allows."""
        return

    def least(self) -> StreamPart:
        """A part that holds no more beats than this one surely holds, whatever the stalls; never clocked."""
        return deepcopy(self)


@dataclass
class RegisteredPart(StreamPart):
    """A part whose valid signal at the output is a register."""

    valid: bool = field(default=False, init=False)

    def offers(self, in_valid: bool) -> bool:
        return self.valid


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

    def quiet(self, in_valid: bool, out_ready: bool) -> float:
        return 0 if self.accepts(out_ready) and any(self.valid) else inf

    def least(self) -> StreamPart:
        return Pipe(1)  # bubbles inside stay while the end is blocked


@dataclass
class Skid(RegisteredPart):
    """edgeml_skid."""

    ready: bool = True

    def accepts(self, out_ready: bool) -> bool:
        return self.ready

    def clock(self, in_valid: bool, out_ready: bool) -> None:
        if out_ready or not self.valid:
            self.valid, self.ready = in_valid or not self.ready, True
        elif in_valid:
            self.ready = False


@dataclass
class Fifo(RegisteredPart):
    """edgeml_fifo."""

    words: float
    count: int = 0
    most: int = 0

    def accepts(self, out_ready: bool) -> bool:
        return self.count < self.words

    def clock(self, in_valid: bool, out_ready: bool) -> None:
        put = in_valid and self.count < self.words
        free = out_ready or not self.valid
        take = self.count > 0 and free
        self.count += put - take
        self.most = max(self.most, self.count)
        if free:
            self.valid = take

    def quiet(self, in_valid: bool, out_ready: bool) -> float:
        return 0 if self.count and (out_ready or not self.valid) else inf


@dataclass
class Serialize(RegisteredPart):
    """edgeml_serialize."""

    parts: int
    part: int = 0

    def accepts(self, out_ready: bool) -> bool:
        return not self.valid or (self.part == self.parts - 1 and out_ready)

    def clock(self, in_valid: bool, out_ready: bool) -> None:
        ready = self.accepts(out_ready)
        if self.valid and out_ready:
            self.part = (self.part + 1) % self.parts
        if ready:
            self.valid = in_valid


@dataclass
class Fold(RegisteredPart):
    """edgeml_fold."""

    beats: int
    alone: bool = False  # nothing comes in while a result is under way
    beat: int = 0
    stages: tuple[bool, bool, bool] = (False, False, False)

    def accepts(self, out_ready: bool) -> bool:
        return (out_ready or not self.valid) and not (self.alone and any(self.stages))

    def clock(self, in_valid: bool, out_ready: bool) -> None:
        if self.valid and not out_ready:
            return
        in_valid = in_valid and not (self.alone and any(self.stages))
        last = in_valid and self.beat == self.beats - 1
        self.valid, self.stages = self.stages[2], (last, *self.stages[:2])
        if in_valid:
            self.beat = (self.beat + 1) % self.beats

    def quiet(self, in_valid: bool, out_ready: bool) -> float:
        return 0 if any(self.stages) and (out_ready or not self.valid) else inf

    def least(self) -> StreamPart:
        return Fold(self.beats, alone=True)


@dataclass
class ProductModel(RegisteredPart):
    """edgeml_product."""

    beats: int
    passes: int
    alone: bool = False  # nothing comes in while a result is under way
    part: int = 0
    stages: tuple[bool, bool, bool] = (False, False, False)

    def accepts(self, out_ready: bool) -> bool:
        if self.alone and any(self.stages):
            return False
        return (out_ready or not self.valid) and self.part == self.beats * self.passes - 1

    def clock(self, in_valid: bool, out_ready: bool) -> None:
        if self.valid and not out_ready:
            return
        in_valid = in_valid and not (self.alone and any(self.stages))
        last = in_valid and self.part % self.beats == self.beats - 1
        self.valid, self.stages = self.stages[2], (last, *self.stages[:2])
        if in_valid:
            self.part = (self.part + 1) % (self.beats * self.passes)

    def quiet(self, in_valid: bool, out_ready: bool) -> float:
        if self.valid and not out_ready:
            return inf
        if any(self.stages) or self.valid:
            return 0
        return self.beats - 1 - self.part % self.beats if in_valid else inf

    def wait(self, clocks: int, in_valid: bool) -> None:
        if in_valid and not self.valid:
            self.part += clocks

    def least(self) -> StreamPart:
        return ProductModel(self.beats, self.passes, alone=True)


@dataclass
class Reduce(RegisteredPart):
    """edgeml_reduce."""

    beats: int
    beat: int = 0

    def accepts(self, out_ready: bool) -> bool:
        return self.beat != self.beats - 1 or out_ready or not self.valid

    def clock(self, in_valid: bool, out_ready: bool) -> None:
        last = self.beat == self.beats - 1
        put = in_valid and self.accepts(out_ready)
        if put:
            self.beat = (self.beat + 1) % self.beats
        self.valid = (put and last) or (self.valid and not out_ready)


@dataclass
class Collect(RegisteredPart):
    """edgeml_collect."""

    parts: int
    part: int = 0

    def accepts(self, out_ready: bool) -> bool:
        return out_ready or not self.valid

    def clock(self, in_valid: bool, out_ready: bool) -> None:
        if not self.accepts(out_ready):
            return
        self.valid = in_valid and self.part == self.parts - 1
        if in_valid:
            self.part = (self.part + 1) % self.parts


@dataclass
class Window(RegisteredPart):
    """edgeml_window; sizes as (rows, columns), padding as (before, after) for each."""

    size: tuple[int, int]
    reach: tuple[int, int]
    strides: tuple[int, int]
    padding: tuple[tuple[int, int], tuple[int, int]]
    at: tuple[int, int] = (0, 0)

    def _inside(self) -> bool:
        return all(
            0 <= place - before < size
            for place, size, (before, _) in zip(self.at, self.size, self.padding, strict=True)
        )

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

    def quiet(self, in_valid: bool, out_ready: bool) -> float:
        return inf if self._inside() or (self.valid and not out_ready) else 0
