"""The preflight of an hls4ml project: its reuse factors, solved for a goal, and what would make it fit."""

from __future__ import annotations

from dataclasses import replace

from edgeml import fits
from edgeml.backends.hls4ml.options import Hls4mlOptions
from edgeml.backends.hls4ml.reuse import UNROLL_LIMIT
from edgeml.errors import EdgemlError
from edgeml.estimate.design import EstimateInput
from edgeml.estimate.hls4ml.model import PlannedProject, figures
from edgeml.estimate.hls4ml.solve import solve
from edgeml.estimate.solve import Goal
from edgeml.estimate.verdict import Preflight, larger_boards, needs
from edgeml.figures import Hardware


def preflight_hls4ml(at: EstimateInput[Hls4mlOptions], goal: Goal) -> Preflight:
    """See whether a project fits, and choose its reuse factors if there is a goal.

    Raises:
        EdgemlError: hls4ml cannot express the graph or target the board, or no reuse factors meet the goal.
    """
    planned = PlannedProject(at)
    solution = solve(planned, goal, at.ledger) if goal else None
    ways = solution.ways if solution is not None else planned.ways()
    project = solution.project if solution is not None else planned.model.project(ways)
    estimate = at.ledger.applied(figures(planned, ways, project), planned.chip.name)
    largest = max(
        (
            layer.products[0] * layer.products[1] // ways[layer.name].reuse_factor
            for layer in planned.plan.layers
            if layer.products is not None
        ),
        default=0,
    )
    limits = (
        f"limits: at most {largest:,} products unrolled in a layer (HLS tools unroll {UNROLL_LIMIT:,}); "
        "all reuse factors are valid",
    )
    target = f"clock: {1000.0 / planned.clock_ns:g} MHz asked of HLS"
    clock = f"{target}, which keeps a margin; only place and route can tell"
    board = at.board
    result = Preflight("hls4ml", board.name, estimate, needs(estimate, board), clock, limits, solution)
    if fits.certain(result.state) or goal:
        return result
    return replace(result, remedies=tuple(_remedies(planned, estimate)))


def _remedies(planned: PlannedProject, estimate: Hardware) -> list[str]:
    """The reuse factors that fit, then boards that do."""
    remedies: list[str] = []
    try:
        fitting = solve(planned.opened(), Goal(fit=True), planned.at.ledger)
        doubt = "" if fitting.certain else "; even then it may not fit"
        chosen = f"{fitting.text()} ({fitting.project.latency:,} clocks{doubt})"
        remedies.append(f"--fit would choose the reuse factors {chosen}")
    except EdgemlError as error:
        remedies += [text for text in (error.what, error.hint) if text]
    larger = larger_boards(estimate, planned.board)
    if larger:
        remedies.append(f"boards that are large enough: {', '.join(larger)}")
    return remedies
