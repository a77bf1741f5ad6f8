"""The result of a preflight: every resource against the board's, the clock, the factors that were chosen.

Invariant: `edgeml.fits` alone decides whether it fits.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from edgeml import boards, fits
from edgeml.boards import Board
from edgeml.designs import Design
from edgeml.errors import EdgemlError
from edgeml.estimate.solve import ChosenLayout
from edgeml.figures import Hardware
from edgeml.fits import Need, Verdict


@dataclass(frozen=True)
class Preflight:
    """The estimate and the verdict before a synthesis.

    Args:
        design: which back end's artefact.
        board: the target's name.
        estimate: the figures.
        needs: every resource that the board has.
        clock: the clock in a sentence.
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
    solution: ChosenLayout | None = None
    remedies: tuple[str, ...] = ()

    @property
    def state(self) -> Verdict:
        """The worst of all resources."""
        return fits.worst(self.needs)

    @property
    def over(self) -> tuple[Need, ...]:
        """The resources that are tight or do not surely fit, which the verdict is about."""
        return tuple(need for need in self.needs if self.state != "fits" and need.state == self.state)

    def lines(self) -> tuple[str, ...]:
        """The verdict for people, a sentence or a figure each."""
        named = boards.load(self.board).title if self.board in boards.names() else self.board
        scarce = ", ".join(need.kind.upper() for need in self.over)
        verdict = {
            "unknown": f"no figure to hold against {named}",
            "fits": f"fits {named}",
            "tight": f"fits {named}, tight: the interval reaches beyond {fits.TIGHT:.0%} of its {scarce}",
            "may not fit": f"may not fit {named}: the interval reaches beyond its {scarce}",
            "does not fit": f"does not fit {named}: {'; '.join(need.text() for need in self.over)}",
        }[self.state]
        lines = [f"estimate: {verdict}", *self._figures(), self.estimate.latency_text(), self.clock]
        lines += list(self.limits)
        if self.chosen:
            lines.append(self.chosen)
        return tuple(line for line in [*lines, *self.remedies] if line)

    @property
    def chosen(self) -> str:
        """The reuse factors that were asked for, in a line; "" if none were."""
        if self.solution is None:
            return ""
        proven = self.solution.proven
        proof = "the best of all valid ones" if proven else "the best found, search not complete"
        doubt = "" if self.solution.certain else "no layout surely fits; "
        return f"reuse factors ({doubt}{proof}; minimized: {self.solution.minimized}): {self.solution.text()}"

    def _figures(self) -> tuple[str, ...]:
        """The resources that are needed; with a top around the network, those with and without it."""
        needed = "; ".join(need.text() for need in self.needs)
        if self.estimate.whole is None:
            return (needed,)
        alone = ", ".join(
            f"{figure.text()} {kind.upper()}" for kind, figure in self.estimate.total.present().items()
        )
        return (f"whole board after packing: {needed}", f"the network alone after synthesis: {alone}")


def needs(hardware: Hardware, board: Board) -> tuple[Need, ...]:
    """Every estimated resource against the board's: of the whole board where that is known."""
    return fits.needs(fits.occupied(hardware), fits.capacities(board))


def larger_boards(hardware: Hardware, board: Board) -> list[str]:
    """Boards of the same flow on which the same figures fit, smallest first."""
    fitting = [
        other
        for other in (boards.load(name) for name in boards.names())
        if other.flow is board.flow
        and other.resources.lut_kind == board.resources.lut_kind
        and fits.verdict(hardware, other) == "fits"
    ]
    return [other.name for other in sorted(fitting, key=lambda other: other.resources.lut)[:3]]


def nearest_board(board: Board, fits_on: Callable[[Board], bool]) -> str:
    """The advice to take the smallest larger board that holds a design, by its LUTs.

    Args:
        board: the one that is too small.
        fits_on: whether the design's smallest layout fits another board; may raise EdgemlError for one that
            it cannot be made for.
    """
    others = sorted(
        (boards.load(name) for name in boards.names()),
        key=lambda other: (other.resources.lut, other.flow is not board.flow),
    )
    larger = bisect_right(others, board.resources.lut, key=lambda other: other.resources.lut)
    for other in others[larger:]:
        with suppress(EdgemlError):
            if fits_on(other):
                return f"take {other.name}, the smallest larger board that holds it by estimate"
    return "no larger board of `edgeml list boards` holds it"
