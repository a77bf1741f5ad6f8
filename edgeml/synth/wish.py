"""The wishes of a user for a design on a board (latency, interval, fit) and the options that meet them.

Invariant: an estimate is of the layout that `edgeml synth` and `edgeml export` would write for the board.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edgeml import families
from edgeml.boards import Board, target
from edgeml.designs import Design
from edgeml.errors import EdgemlError
from edgeml.estimate import Goal
from edgeml.estimate.entrance import load
from edgeml.figures import nanoseconds


@dataclass(frozen=True)
class Wish:
    """The wishes of a user for a design: `--max-latency`, `--ii`, `--fit`."""

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


def stage_clock(board: Board | None, clock_mhz: float) -> float:
    """The clock in MHz that our Verilog is cut into stages for, so that it meets `clock_mhz` on the board.

    The open flows' model of delays is coarse, so their families keep a margin. The one rule for
    `edgeml estimate`, `export`, `synth` and `report`: all of them are of the same layout.
    """
    flow = families.mapped(board).open if board is not None and board.flow.is_open else None
    return min(1000.0, clock_mhz * (flow.margin if flow is not None else 1.0))


def settings(
    run: target.TargetRequest,
    layout: Mapping[str, Any],
    changes: Mapping[str, Mapping[str, Any]],
    assignments: Sequence[str] = (),
    board: Board | str | None = None,
    clock_mhz: float | None = None,
) -> tuple[target.BoardTarget, dict[str, dict[str, Any]]]:
    """The target and the back ends' options for it; the stages of our Verilog keep their margin.

    Args and errors as for `edgeml.boards.target.settings`.
    """
    return target.settings(run, layout, changes, tuple(assignments), board, clock_mhz, stage_clock)


def clock_ns(design: Design, options: Mapping[str, Any], board: Board) -> float:
    """The clock period in nanoseconds of a design: of the oscillator on open boards, else of the options."""
    estimator = load(design)
    return nanoseconds(1, estimator.clock_mhz(estimator.options(options), board))
