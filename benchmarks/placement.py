"""Cells of a design after packing: fitted on a third of the boards that were packed, tested on the rest.

Writes edgeml/estimate/placement.json, which the estimates use; `placed_page` writes it down for people. The
LUTs of a network are those of the estimate, so the errors are those of the whole way from the graph to packed
cells.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import nnls

from benchmarks.designs import Design, designs
from benchmarks.errors import Errors, errors
from edgeml import boards
from edgeml.backends.verilog.options import VerilogOptions
from edgeml.boards import Board
from edgeml.estimate import calibration
from edgeml.estimate.count import Count, total
from edgeml.estimate.verilog import placement
from edgeml.estimate.verilog.counting import StreamPorts, count
from edgeml.estimate.verilog.model import usage
from edgeml.estimate.verilog.placement import CellPacking
from edgeml.families import Fabric, fabric
from edgeml.figures import Usage
from edgeml.passes import prepare

ROOT = Path(__file__).resolve().parent.parent
FITTED = ROOT / "edgeml" / "estimate" / "placement.json"
CELLS = {"icebreaker": "ICESTORM_LC", "ulx3s-85f": "TRELLIS_COMB"}
"""The boards, and what of nextpnr's counts their tables are."""

_KIND = {"ICESTORM_LC": "logic cells", "TRELLIS_COMB": "TRELLIS_COMB"}
_NETWORK = {"icebreaker": ("lut", "bare", "chains")}
"""The terms that a network's cells are counted by; beyond iCE40 a flip-flop takes no table's place."""
_PLAIN = ("lut", "chains")
TOP = ("one", "in", "out", "block")

Way = Callable[[Design, Board], VerilogOptions]


@dataclass(frozen=True)
class Row:
    """One packed board: what was counted before and what nextpnr counted."""

    design: Design
    board: Board
    chip: Fabric
    count: Count
    ports: StreamPorts
    luts: float
    network: Usage
    real: Mapping[str, Any]

    @property
    def cell(self) -> str:
        """nextpnr's name of its cells."""
        return CELLS[self.board.name]

    @property
    def blocks(self) -> float:
        """Block RAM of the self-test by estimate."""
        return placement.memory(self.ports, self.board, self.design.graph.name, self.chip).value

    def cells(self, part: str) -> float:
        """Packed cells of "network", "top" or "whole"."""
        return float(self.real[part][self.cell])

    def synthesized(self, part: str, kind: str) -> float:
        """Yosys' count of a part."""
        return float(self.real["synthesis"][part][kind]["value"])


def fit(
    results: Sequence[Mapping[str, Any]], options_of: Way
) -> tuple[dict[str, list[Row]], dict[str, CellPacking]]:
    """Fit and test.

    Args:
        results: the lines of benchmarks/results/placed.json.
        options_of: how a design was laid out on a board.

    Returns:
        The packed boards by the board's name, and what was fitted, in the same order.
    """
    fitted: dict[str, CellPacking] = {}
    rows: dict[str, list[Row]] = {}
    for name in CELLS:
        of = _rows([row for row in results if (row["board"], row["stage"]) == (name, "packed")], options_of)
        if of:
            rows[name] = of
            fitted[name] = _fitted(of)
    return rows, fitted


def write(rows: Mapping[str, Sequence[Row]], fitted: Mapping[str, CellPacking]) -> None:
    """Write what the estimates use."""
    families = {rows[name][0].chip.name: kept.model_dump(mode="json") for name, kept in fitted.items()}
    text = json.dumps({"schema": 1, "families": families}, indent=1) + "\n"
    FITTED.write_text(text, encoding="utf-8")
    placement.measured.cache_clear()


def _rows(results: Sequence[Mapping[str, Any]], options_of: Way) -> list[Row]:
    known = {row["design"]: row for row in results}
    found: list[Row] = []
    for design in designs():
        if design.name not in known:
            continue
        board = boards.load(known[design.name]["board"])
        chip = fabric(board, "yosys")
        measured, borrowed = calibration.of(chip)
        made = count(prepare(design.graph), options_of(design, board), chip)
        whole = total(piece.count for piece in made.pieces)
        luts = calibration.luts(whole, chip, measured, borrowed)
        network = usage(whole, chip, measured, borrowed, 1.0)
        found.append(Row(design, board, chip, whole, made.ports, luts, network, known[design.name]))
    return found


# ---------------------------------------------------------------- the fit


def _fitted(rows: Sequence[Row]) -> CellPacking:
    """Weights and errors; a ratio of a board that was fitted on is taken with weights fitted without it.

    Networks with wide sums have an interval from all that were fitted on, the others one from their own kind.
    """
    fit = [row for row in rows if not row.design.held_out]
    test = [row for row in rows if row.design.held_out]
    weights = {part: _weights(fit, part) for part in ("network", "top", "top_ff")}
    spread: dict[str, Errors] = {}
    for part in weights:
        own = [
            (row, _real(row, part), _made(row, part, _weights([r for r in fit if r is not row], part)))
            for row in fit
        ]
        new = [(row, _real(row, part), _made(row, part, weights[part])) for row in test]
        if part == "network":
            spread["wide"] = errors(_pairs(own), _pairs([one for one in new if one[0].count.wide]))
            own, new = ([one for one in of if not one[0].count.wide] for of in (own, new))
        spread[part] = errors(_pairs(own), _pairs(new))
    packing = _packing(rows, weights, spread)
    return _packing(rows, weights, {**spread, "whole": _whole(test, packing)})


def _pairs(of: Sequence[tuple[Row, float, float]]) -> list[tuple[float, float]]:
    return [(real, made) for _, real, made in of]


def _packing(
    rows: Sequence[Row], weights: Mapping[str, Mapping[str, float]], spread: Mapping[str, Errors]
) -> CellPacking:
    kept = {part: calibration.Spread(**vars(error)) for part, error in spread.items()}
    first = rows[0]
    return CellPacking(
        tool=first.real["tools"],
        board=first.board.name,
        cell=_KIND[first.cell],
        spread=kept,
        designs=len(rows),
        **weights,
    )


def _whole(test: Sequence[Row], packing: CellPacking) -> Errors:
    """The errors of the whole board's interval on the boards held out."""
    told = [(row.cells("whole"), estimate(row, packing).lut) for row in test]
    ratios = [real / figure.value for real, figure in told if figure is not None]
    inside = [
        figure.low <= real <= figure.high
        for real, figure in told
        if figure is not None and figure.low is not None and figure.high is not None
    ]
    return Errors(
        1.0,
        1.0,
        0.0,
        len(test),
        round(statistics.median(ratios), 3),
        round(float(np.quantile([max(r, 1 / r) for r in ratios], 0.9)), 3),
        round(sum(inside) / len(inside), 4),
    )


def estimate(row: Row, packing: CellPacking) -> Usage:
    """The whole board as it is estimated."""
    measured, _ = calibration.of(row.chip)
    return placement.whole(
        row.count, row.network, row.ports, row.design.graph.name, row.board, row.chip, packing, measured
    )


def _features(row: Row, part: str) -> list[float]:
    if part == "network":
        known = {"lut": row.luts, "bare": row.count.bare, "chains": row.count.chains}
        return [known[name] for name in _NETWORK.get(row.board.name, _PLAIN)]
    return [1.0, row.ports.in_bits, row.ports.out_bits, row.blocks]


def _real(row: Row, part: str) -> float:
    return row.synthesized("top", "ff") if part == "top_ff" else row.cells(part)


def _weights(rows: Sequence[Row], part: str) -> dict[str, float]:
    """Least squares of the relative error, none negative."""
    features = np.array([_features(row, part) for row in rows])
    real = np.array([_real(row, part) for row in rows])
    found, _ = nnls(features / real[:, np.newaxis], np.ones(len(rows)))
    names = _NETWORK.get(rows[0].board.name, _PLAIN) if part == "network" else TOP
    return {name: round(float(value), 3) for name, value in zip(names, found, strict=True)}


def _made(row: Row, part: str, weights: Mapping[str, float]) -> float:
    if part == "network":
        return placement.network_cells(row.count, row.luts, weights)
    return placement.top_part(row.ports, row.blocks, weights)
