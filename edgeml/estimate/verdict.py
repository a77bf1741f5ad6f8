"""What a preflight says: every resource against the board's, the clock, the factors that were chosen.

Invariant: "does not fit" is only said where even the low end of the interval is above the capacity, and
"fits" only where its high end is below; between them lies "may not fit".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from edgeml import boards
from edgeml.boards import Board
from edgeml.estimate.model import Design
from edgeml.estimate.solve import Solution
from edgeml.estimate.solve_verilog import Layout
from edgeml.figures import Figure, Hardware

State = Literal["fits", "may not fit", "does not fit"]

_WORST: Mapping[State, int] = {"fits": 0, "may not fit": 1, "does not fit": 2}


@dataclass(frozen=True)
class Need:
    """One resource: what is needed, and what the board has."""

    kind: str
    figure: Figure
    capacity: int

    @property
    def state(self) -> State:
        """Whether it fits."""
        low = self.figure.low if self.figure.low is not None else self.figure.value
        high = self.figure.high if self.figure.high is not None else self.figure.value
        if low > self.capacity:
            return "does not fit"
        return "may not fit" if high > self.capacity else "fits"

    def text(self) -> str:
        """As a person reads it."""
        share = self.figure.value / self.capacity
        return f"{range_text(self.figure)} {self.kind.upper()} of {self.capacity:,} ({share:.0%})"


@dataclass(frozen=True)
class Preflight:
    """What is known before a synthesis.

    Args:
        design: whose artefact.
        board: the target's name.
        estimate: the figures.
        needs: every resource that the board has.
        clock: what is known of the clock.
        limits: the tools' limits, and whether they are kept.
        solution: reuse factors that were asked for; None if none were.
        remedies: what would make it fit; empty if it does.
    """

    design: Design
    board: str
    estimate: Hardware
    needs: tuple[Need, ...]
    clock: str
    limits: tuple[str, ...] = ()
    solution: Solution | Layout | None = None
    remedies: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        """The worst of all resources."""
        return max((need.state for need in self.needs), key=lambda state: _WORST[state])

    @property
    def over(self) -> tuple[Need, ...]:
        """What may not fit or does not."""
        return tuple(need for need in self.needs if need.state != "fits")

    def lines(self) -> tuple[str, ...]:
        """The verdict for people, a sentence or a figure each."""
        named = boards.load(self.board).title if self.board in boards.names() else self.board
        verdict = {
            "fits": f"fits {named}",
            "may not fit": f"may not fit {named}: the interval reaches beyond its "
            + ", ".join(need.kind.upper() for need in self.over),
            "does not fit": f"does not fit {named}: "
            + "; ".join(need.text() for need in self.needs if need.state == "does not fit"),
        }[self.state]
        time = ""
        if self.estimate.cycles is not None and self.estimate.clock_mhz:
            ns = self.estimate.cycles.value * 1000 / self.estimate.clock_mhz
            ii = "" if self.estimate.ii is None else f", a sample every {range_text(self.estimate.ii)}"
            time = (
                f"latency {range_text(self.estimate.cycles)} clocks ({ns:,.0f} ns at "
                f"{self.estimate.clock_mhz:g} MHz){ii}"
            )
        told = [f"estimate: {verdict}", *self._figures(), time, self.clock]
        told += list(self.limits)
        if self.chosen:
            told.append(self.chosen)
        return tuple(line for line in [*told, *self.remedies] if line)

    @property
    def chosen(self) -> str:
        """The reuse factors that were asked for, in a line; "" if none were."""
        if self.solution is None:
            return ""
        proven = self.solution.proven
        proof = "the best of all valid ones" if proven else "the best found, search not complete"
        return f"reuse factors ({proof}; minimized: {self.solution.minimized}): {self.solution.text()}"

    def _figures(self) -> tuple[str, ...]:
        """What is needed; where a top stands around the network, with and without it."""
        needed = "; ".join(need.text() for need in self.needs)
        if self.estimate.whole is None:
            return (needed,)
        alone = ", ".join(
            f"{range_text(figure)} {kind.upper()}" for kind, figure in self.estimate.total.known().items()
        )
        return (f"whole board after packing: {needed}", f"the network alone after synthesis: {alone}")


def range_text(figure: Figure) -> str:
    """A figure with its interval: "1,200 (900 to 1,500)"."""
    if figure.low is None or figure.high is None or figure.low == figure.high:
        return _number(figure.value)
    return f"{_number(figure.value)} ({_number(figure.low)} to {_number(figure.high)})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def needs(found: Hardware, board: Board) -> tuple[Need, ...]:
    """Every estimated resource against the board's: of the whole board where that is known."""
    return tuple(
        Need(kind, figure, capacity)
        for kind, figure in (found.whole or found.total).known().items()
        if (capacity := getattr(board.resources, kind)) is not None
    )


def larger_boards(found: Hardware, board: Board) -> list[str]:
    """Boards of the same flow on which the same figures fit, smallest first."""
    fitting = [
        other
        for other in (boards.load(name) for name in boards.names())
        if other.flow is board.flow
        and other.resources.lut_kind == board.resources.lut_kind
        and all(need.state == "fits" for need in needs(found, other))
    ]
    return [other.name for other in sorted(fitting, key=lambda other: other.resources.lut)[:3]]
