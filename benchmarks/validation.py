"""What the estimates are worth: fit on a third of the designs, test on the rest, and say so.

Writes edgeml/estimate/calibration.json, which the estimates use, and docs/estimates-validation.md.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import nnls

from benchmarks.designs import designs
from benchmarks.published import Published, published
from edgeml.backends.verilog import BACKEND
from edgeml.estimate import family as chips
from edgeml.estimate.circuit import Count, total
from edgeml.estimate.verilog import count
from edgeml.passes.expand import Expand

ROOT = Path(__file__).resolve().parent.parent
FAMILIES = {
    "ecp5": ("yosys-ecp5", chips.ECP5),
    "xilinx7": ("yosys-xilinx", chips.XC7),
    "ice40": ("yosys-ice40", chips.ICE40),
}
LOGIC = ("chain", "saved", "inverted", "wide", "logic")
COVERAGE = 0.9
ALPHA = 0.04
"""Share of new designs that an interval may miss: less than the tenth promised, for the designs are few."""


@dataclass(frozen=True)
class Row:
    """One design of one family: what was counted and what a tool made of it."""

    name: str
    held_out: bool
    count: Count
    real: Mapping[str, float]
    tool: str
    clocks: tuple[int, int] | None = None


@dataclass
class Errors:
    """Ratios real/estimate of one kind of figure."""

    low: float
    high: float
    slack: float
    designs: int
    median: float | None
    p90: float | None
    inside: float | None
    share: float = 0.0


def write(results: Path) -> int:
    """Fit, test, write; 1 if an interval misses more than a tenth of the held-out designs."""
    rows = {key: _measured(results, key) for key in FAMILIES}
    families: dict[str, Any] = {}
    weights: dict[str, dict[str, float]] = {}
    told: dict[str, dict[str, Errors]] = {}
    for key, (name, _) in FAMILIES.items():
        weights[key] = _weights([row for row in rows[key] if not row.held_out])
        told[key] = _own_errors(rows[key], weights[key])
        families[name] = {
            "tool": rows[key][0].tool,
            "weights": weights[key],
            "spread": {kind: vars(errors) for kind, errors in told[key].items()},
            "source": f"{len(rows[key])} designs, benchmarks/results/{key}.json",
        }
    families["hls4ml-resource"], many, families["hls4ml"], few = _published(results)
    text = json.dumps({"schema_version": 1, "families": families}, indent=1) + "\n"
    (ROOT / "edgeml" / "estimate" / "calibration.json").write_text(text, encoding="utf-8")
    vendor = families["hls4ml"]["weights"]
    page = _page(
        rows, weights, told, vendor, {"reusing dense": many, "others": few}, list(published(results))
    )
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
    rows: list[Row] = []
    for design in designs():
        record = known.get(design.name)
        if record is None:
            continue
        made = count(Expand().apply(design.graph), BACKEND.options(design.options), FAMILIES[key][1])
        real = {kind: float(record[kind]) for kind in ("lut", "ff", "dsp", "bram")}
        if (made.latency, made.interval) != (record["latency"], record["interval"]):
            raise SystemExit(f"{design.name}: clocks {made.latency}, {made.interval} are not the manifest's")
        rows.append(
            Row(design.name, design.held_out, total(p.count for p in made.pieces), real, record["tool"])
        )
    return rows


def _weights(rows: Sequence[Row]) -> dict[str, float]:
    """LUTs for each kind of logic: least squares of the relative error, none negative."""
    counts = np.array([[getattr(row.count, name) for name in LOGIC] for row in rows])
    real = np.array([row.real["lut"] for row in rows])
    found, _ = nnls(counts / real[:, np.newaxis], np.ones(len(rows)))
    return {name: round(float(value), 3) for name, value in zip(LOGIC, found, strict=True)}


def luts(count: Count, weights: Mapping[str, float]) -> float:
    """The estimate."""
    return sum(weight * getattr(count, name) for name, weight in weights.items())


def _own_errors(rows: Sequence[Row], weights: Mapping[str, float]) -> dict[str, Errors]:
    fit = [row for row in rows if not row.held_out]
    # A ratio of a fitted design is taken with weights fitted without it.
    own: list[tuple[float, float]] = []
    for row in fit:
        others = _weights([other for other in fit if other is not row])
        own.append((row.real["lut"], luts(row.count, others)))
    test = [row for row in rows if row.held_out]
    found = {"lut": errors(own, [(row.real["lut"], luts(row.count, weights)) for row in test])}
    for kind in ("ff", "dsp", "bram"):
        fitted, held_out = (
            [(row.real[kind], float(getattr(row.count, kind))) for row in part] for part in (fit, test)
        )
        found[kind] = errors(fitted, held_out)
    return found


def errors(
    fit: Sequence[tuple[float, float]], test: Sequence[tuple[float, float]], least: float = 5.0
) -> Errors:
    """The interval from designs that were fitted on, and how it does on those that were not.

    Split conformal with the larger of both sides' quantiles: the ends are the quantiles of real/estimate at
    ALPHA/2 and 1 - ALPHA/2 with the correction for few designs; small figures get an absolute slack.
    """
    ratios = sorted(real / made for real, made in fit if min(real, made) >= least)
    slack = 1.0 + max((abs(real - made) for real, made in fit if min(real, made) < least), default=0.0)
    low, high = (1.0, 1.0)
    if ratios:
        rank = min(len(ratios), math.ceil((len(ratios) + 1) * (1 - ALPHA / 2)))
        low, high = min(1.0, ratios[len(ratios) - rank]), max(1.0, ratios[rank - 1])
        # With so few designs the extreme ones are the quantiles; a margin stands for those not seen.
        reach = max(-math.log(low), math.log(high))
        low, high = low * math.exp(-0.35 * reach), high * math.exp(0.35 * reach)
    exact = all(real == made for real, made in fit)
    if exact:
        low, high, slack = 1.0, 1.0, 0.0
    tested = sorted(real / made for real, made in test if min(real, made) >= least)
    inside = [low * made - slack <= real <= high * made + slack for real, made in test]
    return Errors(
        round(low, 4),
        round(high, 4),
        round(slack, 1),
        len(test),
        round(float(np.median(tested)), 3) if tested else None,
        round(float(np.quantile([max(r, 1 / r) for r in tested], 0.9)), 3) if tested else None,
        round(sum(inside) / len(inside), 4) if inside else None,
    )


# ---------------------------------------------------------------- hls4ml


def _published(results: Path) -> tuple[dict[str, Any], dict[str, Errors], dict[str, Any], dict[str, Errors]]:
    """The entry for dense layers that reuse multipliers, of which there are many, and that for all others."""
    items = list(published(results))
    logic = [item for item in items if item.record["stage"] == "logic synthesis"]
    fit = [item for item in logic if not item.held_out]
    counts = np.array([[item.count.chain, item.count.logic] for item in fit])
    real = np.array([item.record["lut"] for item in fit], float)
    found, _ = nnls(counts / real[:, np.newaxis], np.ones(len(fit)))
    weights = {
        "chain": round(float(found[0]), 3),
        "logic": round(float(found[1]), 3),
        "ff": round(float(np.median([item.record["ff"] / item.count.ff for item in fit])), 3),
        "bram": round(float(np.median([i.record["bram"] / i.count.bram for i in fit if i.count.bram])), 3),
    }
    many = [item for item in items if _folded(item)]
    few = [item for item in items if not _folded(item)]
    told_many: dict[str, Errors] = {}
    told_few: dict[str, Errors] = {}
    for kind in ("lut", "ff", "dsp", "bram", "cycles", "ii"):
        told_many[kind] = errors(
            _pairs(kind, [i for i in many if not i.held_out], weights),
            _pairs(kind, [i for i in many if i.held_out], weights),
            0.5 if kind == "bram" else 5.0,  # a few blocks at most, and they vary
        )
        real_stage = [i for i in few if kind not in ("lut", "ff", "bram") or i in logic]
        told_few[kind] = scarce(_pairs(kind, real_stage, weights), [i.count.soft for i in real_stage])
    told_many["ii"] = told_few["ii"]  # the many do not tell theirs
    tool = "Vivado and Vitis HLS of 2019.2 to 2023.2"
    entries = [
        {
            "tool": tool,
            "weights": weights,
            "spread": {kind: vars(e) for kind, e in told.items()},
            "source": f"{len(group)} published designs of {what}",
        }
        for told, group, what in (
            (told_many, many, "dense layers that reuse multipliers"),
            (told_few, few, "other kinds"),
        )
    ]
    return entries[0], told_many, entries[1], told_few


def _folded(item: Published) -> bool:
    return item.record["strategy"] == "resource" and all(
        kind == "dense" for kind, *_ in item.record["layers"]
    )


def _pairs(kind: str, of: Sequence[Published], weights: Mapping[str, float]) -> list[tuple[float, float]]:
    made = {
        "lut": lambda i: weights["chain"] * i.count.chain + weights["logic"] * i.count.logic,
        "ff": lambda i: weights["ff"] * i.count.ff,
        "dsp": lambda i: i.count.dsp,
        "bram": lambda i: weights["bram"] * i.count.bram,
        "cycles": lambda i: i.project.latency,
        "ii": lambda i: i.project.interval,
    }[kind]
    return [(float(i.record[kind]), float(made(i))) for i in of if kind in i.record]


def scarce(pairs: Sequence[tuple[float, float]], soft: Sequence[float]) -> Errors:
    """An interval from a handful of designs: their extremes, half as far again on a logarithmic scale.

    So few promise no coverage, and none is claimed; it is at least a factor of 1.3, or 1.6 if there are fewer
    than five.
    """
    ratios = [real / made for real, made in pairs if real >= 5 and made >= 5]
    reach = [abs(math.log(ratio)) for ratio in ratios]
    factor = max(1.3 if len(ratios) >= 5 else 1.6, math.exp(1.5 * max(reach, default=0.0)))
    over = [
        (real - factor * made) / count for (real, made), count in zip(pairs, soft, strict=False) if count > 0
    ]
    share = 1.5 * max([0.0, *over])
    return Errors(
        round(1 / factor, 4),
        round(factor, 4),
        2.0,
        len(pairs),
        round(float(np.median(ratios)), 3) if ratios else None,
        round(float(np.quantile([max(r, 1 / r) for r in ratios], 0.9)), 3) if ratios else None,
        None,
        round(share, 4),
    )


# ---------------------------------------------------------------- the page


def _page(
    rows: Mapping[str, Sequence[Row]],
    weights: Mapping[str, Mapping[str, float]],
    told: Mapping[str, Mapping[str, Errors]],
    vendor: Mapping[str, float],
    vendor_told: Mapping[str, Mapping[str, Errors]],
    items: Sequence[Published],
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
        _header("family tool designs held-out figure median-ratio 90th-percentile interval inside"),
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for key, of in rows.items():
        for kind, e in told[key].items():
            lines.append(
                f"| {key} | {of[0].tool} | {len(of)} | {e.designs} | {kind.upper()} | {_errors(e)} |"
            )
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
    lines += ["", "## hls4ml against published figures", ""]
    lines += [
        "There is no vendor tool here. The figures are those that others published with their projects.",
        "Most are of dense layers that reuse multipliers; of all other kinds there are six, too few to",
        "promise a coverage: their interval is the largest error seen and half as much again (LUT, FF and",
        "BRAM from the three that were synthesized to logic). Weights that were not published are random,",
        "of the same width and share of zeros.",
        "",
        "| kind | figure | tested on | median ratio | 90th percentile of the factor | interval | inside |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, of in vendor_told.items():
        lines += [f"| {name} | {kind.upper()} | {e.designs} | {_errors(e)} |" for kind, e in of.items()]
    lines += [
        "",
        "| design | tool | stage | LUT | estimate | FF | estimate | DSP | estimate | clocks | estimate |",
    ]
    lines += ["|---|---|---|---|---|---|---|---|---|---|---|"]
    for item in items:
        r, w = item.record, vendor
        made = w["chain"] * item.count.chain + w["logic"] * item.count.logic
        cycles = f"{r['cycles']:,}" if "cycles" in r else "-"
        lines.append(
            f"| {r['name']} | {r['tool']} | {r['stage']} | {r['lut']:,} | {made:,.0f} | {r['ff']:,} | "
            f"{w['ff'] * item.count.ff:,.0f} | {r['dsp']:,} | {item.count.dsp:,.0f} | {cycles} | "
            f"{item.project.latency:,} |"
        )
    lines += ["", "Sources:", ""]
    document = json.loads((ROOT / "benchmarks" / "results" / "published.json").read_text(encoding="utf-8"))
    lines += [f"- {source['what']}: <{source['url']}>" for source in document["sources"].values()]
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


def _errors(e: Errors) -> str:
    def number(value: float | None, form: str) -> str:
        return "-" if value is None else format(value, form)

    ends = f"{e.low:.2f} to {e.high:.2f}" + (f", ± {e.slack:g}" if e.slack else "")
    ends += f", + {e.share:.0%} of the products in tables" if e.share else ""
    return f"{number(e.median, '.2f')} | {number(e.p90, '.2f')} | {ends} | {number(e.inside, '.0%')}"
