"""The page of the packed and routed boards, docs/estimates-placed.md."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.designs import designs
from benchmarks.errors import errors
from benchmarks.placement import CELLS, ROOT, TOP, Row, Way, estimate
from edgeml import boards, families
from edgeml.estimate import calibration
from edgeml.estimate import estimate as estimator
from edgeml.estimate.verilog.placement import CellPacking

PAGE = ROOT / "docs" / "estimates-placed.md"
_ENOUGH = 6
"""Designs to fit on and to test on, from which an interval of Fmax is told."""


def write(
    rows: Mapping[str, Sequence[Row]],
    fitted: Mapping[str, CellPacking],
    results: Sequence[Mapping[str, Any]],
    options_of: Way,
) -> None:
    """Write it.

    Args:
        rows: packed boards by the board's name.
        fitted: what was fitted on them.
        results: the lines of benchmarks/results/placed.json.
        options_of: how a design was laid out on a board.
    """
    routed = [row for row in results if row["stage"] == "routed"]
    lines = _page(rows, fitted, routed, _borrowed(routed, options_of))
    PAGE.write_text("\n".join(lines), encoding="utf-8")


def _borrowed(routed: Sequence[Mapping[str, Any]], options_of: Way) -> list[str]:
    """The errors of the borrowed numbers on boards that were routed and not fitted on."""
    known = {design.name: design for design in designs()}
    told: list[str] = []
    for name in dict.fromkeys(row["board"] for row in routed if row["board"] not in CELLS):
        board = boards.load(name)
        flow = families.mapped(board).open
        assert flow is not None
        found: list[str] = []
        inside = 0
        for row in (row for row in routed if row["board"] == name):
            design = known[row["design"]]
            made = estimator(design.graph, board, "verilog", options_of(design, board)).whole
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
    fitted: Mapping[str, CellPacking],
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
            ("wide", "the same, with wide sums"),
            ("top", "cells of the top"),
            ("top_ff", "FF of the top"),
            ("whole", "cells of the whole board"),
        ):
            lines.append(f"| {name} | {title} | {packing.designs} | {_error(packing.spread[part], part)} |")
    lines.append("")
    for name, of in rows.items():
        lines += _sentences(name, of, fitted[name])
    lines += [*_routed(rows, routed), *borrowed]
    measured = [*(row.real for of in rows.values() for row in of), *routed]
    tools = dict.fromkeys(row["tools"] for row in measured)
    lines += [
        f"- Tools: {'; '.join(tools)}.",
        "- Not fitted: Gowin and Nexus, whose estimates of the whole board borrow ECP5's numbers, the "
        f"logarithm of the errors times {calibration.BORROWED:g}, and say so. Nexus was not measured. The "
        "rule for Gowin's multipliers was put right when these boards had been seen.",
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
        parts += [packing.top[key] for key in TOP] + [packing.top_ff[key] for key in TOP]
        lines.append(f"| {name} | " + " | ".join(f"{value:,.2f}" for value in parts) + " |")
    lines += ["", "## All boards", ""]
    for name, of in rows.items():
        lines += _table(name, of, fitted[name], routed)
    return lines


def _error(spread: calibration.Spread, part: str) -> str:
    ends = "-" if part == "whole" else f"{spread.low:.2f} to {spread.high:.2f}, ± {spread.slack:g}"
    middle = f"{spread.median or 0:.2f} | {spread.p90 or 0:.2f}"
    return f"{spread.designs} | {middle} | {ends} | {spread.inside or 0:.0%}"


def _sentences(name: str, rows: Sequence[Row], packing: CellPacking) -> list[str]:
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


def _inside(rows: Sequence[Row], packing: CellPacking, kind: str) -> int:
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
        reached = [row["fmax_mhz"] for row in mine]
        slow = [row["design"] for row in mine if row["fmax_mhz"] < row["clock_mhz"]]
        board_mhz = f"{mine[0]['clock_mhz']:g} MHz"
        below = f"below it in {len(slow)}" + (f" ({', '.join(slow)})" if slow else "")
        lines.append(
            f"- {name}: {len(mine)} were routed, seed 1. Routing counts the cells that packing counts in "
            f"{same}. Fmax {min(reached):.1f} to {max(reached):.1f} MHz, {board_mhz} of the board asked for; "
            f"{below}.{_pace(name, mine)}"
        )
    return lines


def _pace(name: str, routed: Sequence[Mapping[str, Any]]) -> str:
    """Fmax divided by the clock that `edgeml synth` pipelines for, as an interval if there are enough."""
    flow = families.mapped(boards.load(name)).open
    assert flow is not None
    held_out = {design.name: design.held_out for design in designs()}
    usual = [row for row in routed if row["pipelined_mhz"] == row["clock_mhz"] * flow.margin]
    shares = {row["design"]: row["fmax_mhz"] / row["pipelined_mhz"] for row in usual}
    if not shares:
        return ""
    told = (
        f" Of {len(shares)} pipelined for {flow.margin:g} times the board's clock, as synth does, Fmax is "
        f"{min(shares.values()):.2f} to {max(shares.values()):.2f} of that"
    )
    # In MHz, since an interval has a slack of one of its unit.
    mhz = boards.load(name).clock_mhz * flow.margin
    fit = [share * mhz for design, share in shares.items() if not held_out[design]]
    test = [share * mhz for design, share in shares.items() if held_out[design]]
    if min(len(fit), len(test)) < _ENOUGH:
        return f"{told}; too few for an interval."
    middle = statistics.median(fit)
    found = errors([(reached, middle) for reached in fit], [(reached, middle) for reached in test])
    low, high = found.low * middle - found.slack, found.high * middle + found.slack
    return (
        f"{told}; from those fitted on, Fmax is {middle:.1f} MHz ({low:.1f} to {high:.1f}), which holds for "
        f"{found.inside or 0:.0%} of {len(test)} held out."
    )


def _table(
    name: str, rows: Sequence[Row], packing: CellPacking, routed: Sequence[Mapping[str, Any]]
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
