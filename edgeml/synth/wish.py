"""What a user wants of a design on a board: a latency, an interval, that it fits; and its options then.

Invariant: an estimate is of the layout that `edgeml synth` and `edgeml export` would write for the board.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgeml.backends.verilog.options import parse_options as parse_verilog
from edgeml.boards import Board
from edgeml.errors import EdgemlError
from edgeml.estimate import Goal
from edgeml.estimate.model import Design
from edgeml.synth import families


@dataclass(frozen=True)
class Wish:
    """What the user wants of a design: `--max-latency`, `--ii`, `--fit`."""

    max_latency: str | None = None
    ii: int | None = None
    fit: bool = False

    def __bool__(self) -> bool:
        return self.max_latency is not None or self.ii is not None or self.fit

    def goal(self, clock_ns: float) -> Goal:
        """The same in clocks.

        Raises:
            EdgemlError: the latency is no number of clocks and no time, or less than a clock.
        """
        if self.max_latency is None:
            return Goal(None, self.ii, self.fit)
        match = re.fullmatch(r"(\d+(?:\.\d+)?) ?(ns|us|ms)?", self.max_latency.strip())
        if match is None or (match[2] is None and "." in match[1]):
            raise EdgemlError(
                f"{self.max_latency!r} is no latency",
                "--max-latency",
                "write clocks (100) or a time (500ns, 2us)",
            )
        number = float(match[1])
        clocks = int(number if match[2] is None else number * _NS[match[2]] / clock_ns)
        if clocks < 1:
            raise EdgemlError(
                f"is less than one clock of {clock_ns:g} ns", f"--max-latency {self.max_latency}"
            )
        return Goal(clocks, self.ii, self.fit)


_NS = {"ns": 1.0, "us": 1e3, "ms": 1e6}


def as_synthesized(options: Mapping[str, Any], board: Board) -> dict[str, Any]:
    """Options of the Verilog back end with the clock that `edgeml synth` pipelines for on an open board.

    Without it the figures would be of another layout than the one that has to fit. The clock among the
    options is the one that was asked for.
    """
    if not board.flow.is_open:
        return dict(options)
    flow = families.of(board).open
    margin = flow.margin if flow is not None else 1.0
    wanted = float(options.get("clock_mhz", board.clock_mhz))
    return {**options, "clock_mhz": min(1000.0, wanted * margin)}


def clock_ns(design: Design, options: Mapping[str, Any], board: Board) -> float:
    """The clock that a time is counted in: on open boards the oscillator, else what the options say."""
    if design == "hls4ml":
        return 1000.0 / float(options.get("clock_mhz") or board.clock_mhz)
    chosen = parse_verilog(options)
    paced = chosen.adders_per_stage is None and not board.flow.is_open
    return 1000.0 / (chosen.clock_mhz if paced else board.clock_mhz)
