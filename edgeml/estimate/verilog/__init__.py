"""The estimate of our own Verilog: its cells counted, its clocks as the emitter has them, its best layout.

`circuit` and `parts` count cells and modules, `counting` the whole design, `model` makes figures of the
counts, `placement` adds the board's top, `layouts`, `paced` and `solve` search for a layout, `preflight` says
whether it fits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeml.backends.verilog.options import VerilogOptions, parse_options
from edgeml.boards import Board
from edgeml.estimate.design import DesignEstimator, EstimateInput, Progress, around_the_network
from edgeml.estimate.ledger import Scope
from edgeml.estimate.solve import Goal
from edgeml.estimate.verdict import Preflight
from edgeml.estimate.verilog.model import clock_mhz, estimate_verilog, narrowed
from edgeml.estimate.verilog.preflight import hint, preflight_verilog
from edgeml.families import fabric
from edgeml.figures import Hardware


class VerilogEstimator(DesignEstimator[VerilogOptions]):
    """The estimates of our own Verilog."""

    name = "verilog"
    title = "edgeml Verilog"
    place = 10
    target = Board

    def clock_mhz(self, options: VerilogOptions, board: Board) -> float:
        return clock_mhz(options, board)

    def options(self, settings: Mapping[str, Any]) -> VerilogOptions:
        return parse_options(settings)

    def figures(self, at: EstimateInput[VerilogOptions]) -> Hardware:
        return narrowed(estimate_verilog(at), at.board, at.tool, at.ledger)

    def preflight(
        self, at: EstimateInput[VerilogOptions], goal: Goal, progress: Progress | None
    ) -> Preflight:
        return preflight_verilog(at, goal, progress)

    def hint(self, at: EstimateInput[VerilogOptions], result: Preflight, progress: Progress | None) -> str:
        return hint(at, result, progress)

    def counterpart(self, at: EstimateInput[VerilogOptions], real: Hardware) -> tuple[Scope, Hardware, str]:
        modelled, chip = estimate_verilog(at), fabric(at.board, at.tool).name
        if real.alone:
            return "network", modelled, chip
        if real.source == "place-and-route" and modelled.whole is not None:
            return "board", modelled.model_copy(update={"total": modelled.whole}), chip
        raise around_the_network(real)


ESTIMATOR = VerilogEstimator()
