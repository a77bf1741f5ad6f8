"""The estimate of an hls4ml project: its layers as hls4ml's templates build them, and its best reuse factors.

`layer` has what one layer needs, `shapes` the shapes between layers, `project` puts the layers together in
time, `model` makes figures of it, `solve` searches for reuse factors, `preflight` says whether it fits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeml.backends.hls4ml.options import Hls4mlOptions, parse_options
from edgeml.boards import Board
from edgeml.estimate.design import DesignEstimator, EstimateInput, Progress, around_the_network
from edgeml.estimate.hls4ml.model import PlannedProject, estimate_hls4ml
from edgeml.estimate.hls4ml.preflight import preflight_hls4ml
from edgeml.estimate.ledger import Scope
from edgeml.estimate.solve import Goal
from edgeml.estimate.verdict import Preflight
from edgeml.figures import Hardware


class Hls4mlEstimator(DesignEstimator[Hls4mlOptions]):
    """The estimates of hls4ml projects."""

    name = "hls4ml"
    title = "hls4ml project"
    place = 20
    target = Board

    def unsuited(self, board: Board) -> str:
        return "" if board.hls4ml is not None else "hls4ml has no back end for it"

    def clock_mhz(self, options: Hls4mlOptions, board: Board) -> float:
        return options.clock_mhz or board.clock_mhz

    def options(self, settings: Mapping[str, Any]) -> Hls4mlOptions:
        # The board among them gives way to the one that is estimated for, which need not ship with edgeml.
        return parse_options({key: value for key, value in settings.items() if value is not None})

    def figures(self, at: EstimateInput[Hls4mlOptions]) -> Hardware:
        planned = PlannedProject(at)
        return at.ledger.applied(estimate_hls4ml(planned), planned.chip.name)

    def preflight(self, at: EstimateInput[Hls4mlOptions], goal: Goal, progress: Progress | None) -> Preflight:
        del progress  # its layers are counted at once
        return preflight_hls4ml(at, goal)

    def counterpart(self, at: EstimateInput[Hls4mlOptions], real: Hardware) -> tuple[Scope, Hardware, str]:
        planned = PlannedProject(at)
        reported = real.reached in ("estimated", "simulated")
        modelled = estimate_hls4ml(planned, reported)
        if not reported and not real.alone:
            raise around_the_network(real)
        return ("report" if reported else "network"), modelled, planned.chip.name


ESTIMATOR = Hls4mlEstimator()
