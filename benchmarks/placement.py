"""What packing makes of a design: fit on a third of the boards that were packed, test on the rest.

Writes edgeml/estimate/placement.json, which the estimates use, and docs/estimates-placed.md. The LUTs of a
network are those of the estimate, so the errors are those of the whole way from the graph to packed cells.
"""

from __future__ import annotations

import json
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import nnls

from benchmarks.designs import Design, designs
from benchmarks.errors import COVERAGE, Errors, errors
from edgeml import boards
from edgeml.backends.verilog.options import Options
from edgeml.boards import Board
from edgeml.estimate import calibration, placement
from edgeml.estimate import estimate as estimator
from edgeml.estimate.circuit import Count, total
from edgeml.estimate.family import Family, family
from edgeml.estimate.ledger import NOTHING
from edgeml.estimate.own import usage
from edgeml.estimate.placement import Packing
from edgeml.estimate.verilog import Ports, count
from edgeml.figures import Usage
from edgeml.passes.expand import Expand
from edgeml.synth import families

ROOT = Path(__file__).resolve().parent.parent
FITTED = ROOT / "edgeml" / "estimate" / "placement.json"
PAGE = ROOT / "docs" / "estimates-placed.md"
CELLS = {"icebreaker": "ICESTORM_LC", "ulx3s-85f": "TRELLIS_COMB"}
"""The boards, and what of nextpnr's counts their tables are."""

_KIND = {"ICESTORM_LC": "logic cells", "TRELLIS_COMB": "TRELLIS_COMB"}
_NETWORK = {"icebreaker": ("lut", "bare", "chains")}
"""What a network's cells are counted by; beyond iCE40 a flip-flop takes no table's place."""
_PLAIN = ("lut", "chains")
_TOP = ("one", "in", "out", "block")

Way = Callable[[Design, Board], Options]


@dataclass(frozen=True)
class Row:
    """One packed board: what was counted before and what nextpnr counted."""

    design: Design
    board: Board
    chip: Family
    count: Count
    ports: Ports
    luts: float
    network: Usage
    real: Mapping[str, Any]

    @property
    def cell(self) -> str:
        """What nextpnr calls its cells."""
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


def write(results: Sequence[Mapping[str, Any]], options_of: Way) -> int:
    """Fit, test, write; 1 if an interval misses more than a tenth of the held-out boards.

    Args:
        results: the lines of benchmarks/results/placed.json.
        options_of: how a design was laid out on a board.
    """
    fitted: dict[str, Packing] = {}
    rows: dict[str, list[Row]] = {}
    for name in CELLS:
        of = _rows([row for row in results if (row["board"], row["stage"]) == (name, "packed")], options_of)
        if of:
            rows[name] = of
            fitted[of[0].chip.name] = _fitted(of)
    plain = {name: packing.model_dump(mode="json") for name, packing in fitted.items()}
    FITTED.write_text(json.dumps({"schema_version": 1, "families": plain}, indent=1) + "\n", encoding="utf-8")
    placement.measured.cache_clear()
    routed = [row for row in results if row["stage"] == "routed"]
    PAGE.write_text("\n".join(_page(rows, fitted, routed, _borrowed(routed, options_of))), encoding="utf-8")
    missed = [p for p in fitted.values() if (p.spread["whole"].inside or 0) < COVERAGE]
    return 1 if missed else 0


def _rows(results: Sequence[Mapping[str, Any]], options_of: Way) -> list[Row]:
    known = {row["design"]: row for row in results}
    found: list[Row] = []
    for design in designs():
        if design.name not in known:
            continue
        board = boards.load(known[design.name]["board"])
        chip = family(board, "yosys")
        measured, borrowed = calibration.of(chip.name)
        made = count(Expand().apply(design.graph), options_of(design, board), chip)
        whole = total(piece.count for piece in made.pieces)
        luts = calibration.luts(whole, chip, measured, borrowed)
        network = usage(whole, chip, measured, borrowed, 1.0)
        found.append(Row(design, board, chip, whole, made.ports, luts, network, known[design.name]))
    return found


# ---------------------------------------------------------------- the fit


def _fitted(rows: Sequence[Row]) -> Packing:
    """Weights and errors; a ratio of a board that was fitted on is taken with weights fitted without it."""
    fit = [row for row in rows if not row.design.held_out]
    test = [row for row in rows if row.design.held_out]
    weights = {part: _weights(fit, part) for part in ("network", "top", "top_ff")}
    spread: dict[str, Errors] = {}
    for part in weights:
        own = [
            (_real(row, part), _made(row, part, _weights([r for r in fit if r is not row], part)))
            for row in fit
        ]
        spread[part] = errors(own, [(_real(row, part), _made(row, part, weights[part])) for row in test])
    packing = _packing(rows, weights, spread)
    return _packing(rows, weights, {**spread, "whole": _whole(test, packing)})


def _packing(
    rows: Sequence[Row], weights: Mapping[str, Mapping[str, float]], spread: Mapping[str, Errors]
) -> Packing:
    kept = {part: calibration.Spread(**vars(error)) for part, error in spread.items()}
    first = rows[0]
    return Packing(
        tool=first.real["tools"],
        board=first.board.name,
        cell=_KIND[first.cell],
        spread=kept,
        designs=len(rows),
        **weights,
    )


def _whole(test: Sequence[Row], packing: Packing) -> Errors:
    """How the whole board's interval does on those held out."""
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


def estimate(row: Row, packing: Packing) -> Usage:
    """The whole board as it is estimated."""
    measured, _ = calibration.of(row.chip.name)
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
    names = _NETWORK.get(rows[0].board.name, _PLAIN) if part == "network" else _TOP
    return {name: round(float(value), 3) for name, value in zip(names, found, strict=True)}


def _made(row: Row, part: str, weights: Mapping[str, float]) -> float:
    if part == "network":
        return placement.network_cells(row.count, row.luts, weights)
    return placement.top_part(row.ports, row.blocks, weights)


# ---------------------------------------------------------------- the page


def _borrowed(routed: Sequence[Mapping[str, Any]], options_of: Way) -> list[str]:
    """How the borrowed numbers do on boards that were routed and not fitted on."""
    known = {design.name: design for design in designs()}
    told: list[str] = []
    for name in dict.fromkeys(row["board"] for row in routed if row["board"] not in CELLS):
        board = boards.load(name)
        flow = families.of(board).open
        assert flow is not None
        found: list[str] = []
        inside = 0
        for row in (row for row in routed if row["board"] == name):
            design = known[row["design"]]
            made = estimator(design.graph, board, "verilog", options_of(design, board), kept=NOTHING).whole
            assert made is not None and made.lut is not None
            low, high = made.lut.low or 0.0, made.lut.high or 0.0
            real = sum(row["whole"][cell] for cell in flow.counts["lut"].split())
            inside += low <= real <= high
            found.append(
                f"{design.name} {real:,} against {made.lut.value:,.0f} ({low:,.0f} to {high:,.0f}), "
                f"{row['fmax_mhz']:.0f} MHz"
            )
        told.append(
            f"- {name}, with borrowed numbers: {inside} of {len(found)} routed boards are in the interval: "
            f"{'; '.join(found)}."
        )
    return told


def _page(
    rows: Mapping[str, Sequence[Row]],
    fitted: Mapping[str, Packing],
    routed: Sequence[Mapping[str, Any]],
    borrowed: Sequence[str],
) -> list[str]:
    """The results for people."""
    many = sum(map(len, rows.values()))
    lines = [
        "# Whole boards after packing and routing",
        "",
        f"Written by `python -m benchmarks.placed write` with Python {platform.python_version()}, from",
        "benchmarks/results/placed.json. The designs of benchmarks/designs.py stand in a board's top with",
        "serial line and self-test, as `edgeml synth` would write it; the model is in",
        "[estimates.md](estimates.md#after-placement). A cell is what nextpnr counts against the device: a",
        "logic cell of iCE40 (ICESTORM_LC), TRELLIS_COMB of ECP5. A ratio is real/estimate; a design is held",
        "out if weights and interval were made without it.",
        "",
        f"{many} boards were packed, {len(routed)} of them placed and routed as well.",
        "",
        "| board | figure | packed | held out | median ratio | 90th percentile of the factor | interval | "
        "inside |",
        "|---" * 8 + "|",
    ]
    for name, packing in zip(rows, fitted.values(), strict=True):
        for part, title in (
            ("network", "cells of the network"),
            ("top", "cells of the top"),
            ("top_ff", "FF of the top"),
            ("whole", "cells of the whole board"),
        ):
            lines.append(f"| {name} | {title} | {packing.designs} | {_error(packing.spread[part], part)} |")
    lines.append("")
    for name, of in rows.items():
        lines += _sentences(name, of, fitted[of[0].chip.name])
    lines += [*_routed(rows, routed), *borrowed]
    measured = [*(row.real for of in rows.values() for row in of), *routed]
    tools = dict.fromkeys(row["tools"] for row in measured)
    lines += [
        f"- Tools: {'; '.join(tools)}.",
        "- Not fitted: Gowin and Nexus, whose estimates of the whole board borrow ECP5's numbers, the "
        f"logarithm of the errors times {calibration.BORROWED:g}, and say so. Nexus was not measured.",
        "",
        "## Weights",
        "",
        "Fitted on the designs that are not held out.",
        "",
        "| board | LUT | bare register | carry chain | top | input bit | result bit | block | "
        "FF of the top | input bit | result bit | block |",
        "|---" * 12 + "|",
    ]
    for name, packing in zip(rows, fitted.values(), strict=True):
        parts = [packing.network.get(key, 0.0) for key in ("lut", "bare", "chains")]
        parts += [packing.top[key] for key in _TOP] + [packing.top_ff[key] for key in _TOP]
        lines.append(f"| {name} | " + " | ".join(f"{value:,.2f}" for value in parts) + " |")
    lines += ["", "## All boards", ""]
    for name, of in rows.items():
        lines += _table(name, of, fitted[of[0].chip.name], routed)
    return lines


def _error(spread: calibration.Spread, part: str) -> str:
    ends = "-" if part == "whole" else f"{spread.low:.2f} to {spread.high:.2f}, ± {spread.slack:g}"
    middle = f"{spread.median or 0:.2f} | {spread.p90 or 0:.2f}"
    return f"{spread.designs} | {middle} | {ends} | {spread.inside or 0:.0%}"


def _sentences(name: str, rows: Sequence[Row], packing: Packing) -> list[str]:
    cell = packing.cell
    ratios = [row.cells("whole") / row.synthesized("whole", "lut") for row in rows]
    tops = [row.cells("top") for row in rows]
    test = [row for row in rows if row.design.held_out]
    hits = {kind: _inside(test, packing, kind) for kind in ("ff", "dsp", "bram")}
    luts = sum(
        row.network.lut is not None
        and (row.network.lut.low or 0) <= row.synthesized("network", "lut") <= (row.network.lut.high or 0)
        for row in rows
    )
    return [
        f"- {name}: {cell} over synthesized LUTs {statistics.median(ratios):.2f} in the median, "
        f"{min(ratios):.2f} to {max(ratios):.2f}; the top takes {min(tops):,.0f} to {max(tops):,.0f}. "
        f"The network's LUTs after synthesis are in the estimate's interval in {luts} of {len(rows)}; "
        "of the whole board's other figures, held out, "
        + ", ".join(f"{kind.upper()} in {hit} of {len(test)}" for kind, hit in hits.items())
        + "."
    ]


def _inside(rows: Sequence[Row], packing: Packing, kind: str) -> int:
    """Held-out boards whose real figure, from synthesis, is in the interval of the whole board."""
    found = 0
    for row in rows:
        figure = getattr(estimate(row, packing), kind)
        low = figure.value if figure.low is None else figure.low
        high = figure.value if figure.high is None else figure.high
        found += low <= row.synthesized("whole", kind) <= high
    return found


def _routed(rows: Mapping[str, Sequence[Row]], routed: Sequence[Mapping[str, Any]]) -> list[str]:
    lines: list[str] = []
    for name, of in rows.items():
        packed = {row.design.name: row.cells("whole") for row in of}
        mine = [row for row in routed if row["board"] == name]
        if not mine:
            continue
        same = sum(row["whole"][CELLS[name]] == packed[row["design"]] for row in mine)
        paced = [row for row in mine if row["pipelined_mhz"]]
        reached = [row["fmax_mhz"] for row in mine]
        shares = [row["fmax_mhz"] / row["pipelined_mhz"] for row in paced]
        slow = sum(row["fmax_mhz"] < row["clock_mhz"] for row in mine)
        board_mhz = f"{mine[0]['clock_mhz']:g} MHz"
        lines.append(
            f"- {name}: {len(mine)} were routed, seed 1. Routing counts the cells that packing counts in "
            f"{same}. Fmax {min(reached):.1f} to {max(reached):.1f} MHz, {board_mhz} of the board asked for; "
            f"below it in {slow}. Over the clock that the Verilog was pipelined for: "
            f"{min(shares):.2f} to {max(shares):.2f} in {len(shares)} designs."
        )
    return lines


def _table(
    name: str, rows: Sequence[Row], packing: Packing, routed: Sequence[Mapping[str, Any]]
) -> list[str]:
    fmax = {row["design"]: row["fmax_mhz"] for row in routed if row["board"] == name}
    lines = [
        f"### {name}",
        "",
        "| design | held out | network, LUT | estimate | whole, LUT | packed | ratio | estimate (low, value, "
        "high) | of the estimate | FF | estimate | routed, MHz |",
        "|---" * 12 + "|",
    ]
    for row in rows:
        made = estimate(row, packing)
        assert made.lut is not None and made.ff is not None
        synthesized, packed = row.synthesized("whole", "lut"), row.cells("whole")
        ends = ", ".join(f"{end or 0:,.0f}" for end in (made.lut.low, made.lut.value, made.lut.high))
        cells = [
            *(row.design.name, "yes" if row.design.held_out else "no"),
            *(f"{row.synthesized('network', 'lut'):,.0f}", f"{row.luts:,.0f}"),
            *(f"{synthesized:,.0f}", f"{packed:,.0f}", f"{packed / synthesized:.2f}", ends),
            f"{packed / made.lut.value:.2f}",
            *(f"{row.synthesized('whole', 'ff'):,.0f}", f"{made.ff.value:,.0f}"),
            f"{fmax[row.design.name]:.1f}" if row.design.name in fmax else "packed only",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]
