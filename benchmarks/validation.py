"""The errors of the estimates: fitted on some of the designs, tested on the others.

Writes edgeml/estimate/calibration.json, which the estimates use, and docs/estimates-validation.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import nnls

from benchmarks import blind, hls4ml_errors
from benchmarks.designs import Design, designs
from benchmarks.errors import COVERAGE, Errors, errors, said
from benchmarks.published import published
from edgeml.backends.verilog import BACKEND
from edgeml.estimate.count import Count, total
from edgeml.estimate.verilog.counting import count
from edgeml.families import ecp5, ice40, xilinx7
from edgeml.passes import prepare

ROOT = Path(__file__).resolve().parent.parent
FAMILIES = {
    "ecp5": ("yosys-ecp5", ecp5.FABRIC),
    "xilinx7": ("yosys-xilinx", xilinx7.FABRIC),
    "ice40": ("yosys-ice40", ice40.FABRIC),
}
TESTED = "designs drawn at random and predicted before they were synthesized"
LOGIC = ("chain", "saved", "inverted", "wide", "logic")


@dataclass(frozen=True)
class Row:
    """One design of one family: what was counted and what a tool made of it.

    Args:
        name: the design's.
        drawn: whether it is one of benchmarks/blind.py.
        held_out: whether weights and intervals are made without it.
        count: of the whole design.
        layers: of its layers, by name.
        real: figures by kind.
        shares: LUTs by layer; empty if they were not kept.
        tool: program and version.
    """

    name: str
    drawn: bool
    held_out: bool
    count: Count
    layers: Mapping[str, Count]
    real: Mapping[str, float]
    shares: Mapping[str, float]
    tool: str


def write(results: Path) -> int:
    """Fit, test, write; 1 if an interval misses more than a tenth of the held-out designs."""
    rows = {key: _measured(results, key) for key in FAMILIES}
    families: dict[str, Any] = {}
    weights: dict[str, dict[str, float]] = {}
    told: dict[str, dict[str, Errors]] = {}
    held: dict[str, dict[str, Errors]] = {}
    for key, (name, _) in FAMILIES.items():
        fit = [row for row in rows[key] if not row.held_out]
        weights[key] = _weights(fit)
        told[key] = _own_errors(fit, [r for r in rows[key] if r.held_out and r.drawn], weights[key])
        held[key] = _own_errors(fit, [r for r in rows[key] if r.held_out and not r.drawn], weights[key])
        drawn = told[key]["lut"].designs > 0  # not until the second half is synthesized
        families[name] = {
            "tool": rows[key][0].tool,
            "weights": weights[key],
            "spread": {kind: vars(e) for kind, e in (told if drawn else held)[key].items()},
            "tested": TESTED if drawn else "designs that were held out",
            "source": f"{len(rows[key])} designs, benchmarks/results/{key}.json and blind-measured.json",
        }
    items = list(published(results))
    made, trials = hls4ml_errors.entries(items)
    text = json.dumps({"schema": 1, "families": families | made}, indent=1) + "\n"
    (ROOT / "edgeml" / "estimate" / "calibration.json").write_text(text, encoding="utf-8")
    sources = json.loads((results / "published.json").read_text(encoding="utf-8"))["sources"]
    page = _page(rows, weights, told, held, hls4ml_errors.page(items, trials, sources))
    (ROOT / "docs" / "estimates-validation.md").write_text(page, encoding="utf-8")
    missed = [
        f"{key} {kind}" for key, of in told.items() for kind, e in of.items() if (e.inside or 1) < COVERAGE
    ]
    return 1 if missed else 0


# ---------------------------------------------------------------- our Verilog


def _measured(results: Path, key: str) -> list[Row]:
    known = {}
    for line in (results / f"{key}.json").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        known[record["design"]] = record
    drawn = {record["design"]: record for record in blind.rows(blind.MEASURED) if record["family"] == key}
    return [
        *(_row(d, known[d.name], key, False, d.held_out) for d in designs() if d.name in known),
        *(_row(d, drawn[d.name], key, True, blind.held_out(d)) for d in blind.blind() if d.name in drawn),
    ]


def _row(design: Design, record: Mapping[str, Any], key: str, drawn: bool, held_out: bool) -> Row:
    made = count(prepare(design.graph), BACKEND.options(design.options), FAMILIES[key][1])
    if (made.latency, made.interval) != (record["latency"], record["interval"]):
        raise SystemExit(f"{design.name}: clocks {made.latency}, {made.interval} are not the manifest's")
    return Row(
        name=design.name,
        drawn=drawn,
        held_out=held_out,
        count=total(piece.count for piece in made.pieces),
        layers={piece.layer: piece.count for piece in made.pieces if piece.op},
        real={kind: float(record[kind]) for kind in ("lut", "ff", "dsp", "bram")},
        shares=record.get("layers", {}),
        tool=record["tool"],
    )


def _weights(rows: Sequence[Row]) -> dict[str, float]:
    """LUTs for each kind of logic: least squares of the relative error, none negative."""
    counts = np.array([[getattr(row.count, name) for name in LOGIC] for row in rows])
    real = np.array([row.real["lut"] for row in rows])
    found, _ = nnls(counts / real[:, np.newaxis], np.ones(len(rows)))
    return {name: round(float(value), 3) for name, value in zip(LOGIC, found, strict=True)}


def luts(count: Count, weights: Mapping[str, float]) -> float:
    """The estimate."""
    return sum(weight * getattr(count, name) for name, weight in weights.items())


def _own_errors(fit: Sequence[Row], test: Sequence[Row], weights: Mapping[str, float]) -> dict[str, Errors]:
    """Interval and errors by kind of figure; "layer" is the LUTs of one layer."""
    # A ratio of a fitted design is taken with weights fitted without it.
    apart = {row.name: _weights([other for other in fit if other is not row]) for row in fit}
    lut = [(row.real["lut"], luts(row.count, apart[row.name])) for row in fit]
    found = {"lut": errors(lut, [(row.real["lut"], luts(row.count, weights)) for row in test])}
    for kind in ("ff", "dsp", "bram"):
        fitted, tested = (
            [(row.real[kind], float(getattr(row.count, kind))) for row in part] for part in (fit, test)
        )
        found[kind] = errors(fitted, tested)
    shares = [pair for row in fit for pair in _shares(row, apart[row.name])]
    found["layer"] = errors(shares, [pair for row in test for pair in _shares(row, weights)])
    return found


def _shares(row: Row, weights: Mapping[str, float]) -> list[tuple[float, float]]:
    """LUTs of the layers that are not tiny: real and estimated."""
    pairs = [(float(row.shares.get(name, 0)), luts(count, weights)) for name, count in row.layers.items()]
    return [pair for pair in pairs if max(pair) >= blind.LEAST] if row.shares else []


# ---------------------------------------------------------------- the page


def _page(
    rows: Mapping[str, Sequence[Row]],
    weights: Mapping[str, Mapping[str, float]],
    told: Mapping[str, Mapping[str, Errors]],
    held: Mapping[str, Mapping[str, Errors]],
    vendor: Sequence[str],
) -> str:
    lines = [
        "# Estimates: validation",
        "",
        "Written by `python -m benchmarks.estimates write` from the results in benchmarks/results. The model",
        "is in [estimates.md](estimates.md). A ratio is real/estimate; a design is held out if the weights",
        "and the interval were made without it.",
        "",
        "## Our Verilog against Yosys",
        "",
        "Two sets of designs. The first (benchmarks/designs.py) was there while the model was written; a",
        "third of it is fitted on. The second was drawn at random afterwards ([the blind",
        "test](estimates-blind.md)); its first half is fitted on as well, since the model was mended after",
        "it, and the second half was predicted by the model of today before it was synthesized. Reports",
        "print the error on the latter. *Layer* is the LUTs of single layers.",
        "",
        _header("family tool fitted-on tested-on figure median-ratio 90th-percentile interval inside"),
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for key, of in rows.items():
        fitted = sum(not row.held_out for row in of)
        for what, found in (("drawn", told[key]), ("first set", held[key])):
            for kind, e in found.items():
                if e.designs:
                    cells = (key, of[0].tool, fitted, f"{e.designs} {what}", kind.upper())
                    lines.append(f"| {' | '.join(map(str, cells))} | {said(e)} |")
    lines += ["", "Latency and initiation interval are those of the manifest in every design.", ""]
    lines += [
        "## Fitted on one family, tested on another",
        "",
        "Weights of the logic as fitted on the first, ",
    ]
    lines[-1] += "one factor for the level left free."
    lines += ["", "| fitted on | tested on | designs | median before the factor | 90th percentile after it |"]
    lines += ["|---|---|---|---|---|"]
    for source in rows:
        for target, of in rows.items():
            if source == target:
                continue
            ratios = [row.real["lut"] / luts(row.count, weights[source]) for row in of]
            middle = float(np.median(ratios))
            factor = float(np.quantile([max(r / middle, middle / r) for r in ratios], 0.9))
            lines.append(f"| {source} | {target} | {len(of)} | {middle:.2f} | {factor:.2f} |")
    lines += ["", "## Weights", "", "LUTs per unit, fitted on the designs that are not held out.", ""]
    lines += ["| family | " + " | ".join(LOGIC) + " |", "|---|" + "---|" * len(LOGIC)]
    for key, of in weights.items():
        lines.append(f"| {key} | " + " | ".join(f"{of[name]:.2f}" for name in LOGIC) + " |")
    lines += ["", *vendor]
    lines += ["", "## All designs", ""]
    for key, of in rows.items():
        lines += [
            f"### {key}",
            "",
            "| design | held out | LUT | estimate | ratio | FF | estimate | DSP | estimate |",
        ]
        lines += ["|---|---|---|---|---|---|---|---|---|"]
        for row in of:
            made = luts(row.count, weights[key])
            lines.append(
                f"| {row.name} | {'yes' if row.held_out else 'no'} | {row.real['lut']:,.0f} | {made:,.0f} | "
                f"{row.real['lut'] / made:.2f} | {row.real['ff']:,.0f} | {row.count.ff:,.0f} | "
                f"{row.real['dsp']:,.0f} | {row.count.dsp:,.0f} |"
            )
        lines.append("")
    return "\n".join(lines)


def _header(names: str) -> str:
    return f"| {' | '.join(names.split())} |"
