"""The errors of the hls4ml estimates: fitted on a third of the published designs, tried on the others.

Entries of calibration.json: dense layers that reuse multipliers, of which there are many; everything else
after logic synthesis, in io_parallel and as a stream; and what HLS's own report says. A figure that enough
designs tell has the interval of the split conformal method, any other the largest error seen and half as much
again, without a promise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import nnls

from benchmarks.errors import COVERAGE, Errors, errors, said
from benchmarks.published import Published
from edgeml import boards
from edgeml.estimate.hls4ml.model import kind_of

ENOUGH, TRIED = 10, 8
"""Designs fitted and held out from which an interval is that of the split conformal method."""

KINDS = ("lut", "ff", "dsp", "bram", "cycles", "ii")
_TOOL = "Vivado and Vitis HLS of 2019.1 to 2025.2"
_LEAST = {"bram": 0.5}
"""Block RAMs are a few at most, and they vary."""

FOLDED, PARALLEL, STREAM, REPORT = "hls4ml-resource", "hls4ml-parallel", "hls4ml", "hls4ml-report"
NAMES = {
    FOLDED: "dense, more reuse than inputs",
    PARALLEL: "others, io_parallel",
    STREAM: "others, io_stream",
    REPORT: "others, as HLS reports",
}
_OF_A_REPORT = ("lut", "ff", "bram")
"""Figures in which HLS's own report differs from logic synthesis. Its block RAM is not predicted: it counts
ROMs of weights that logic synthesis puts into tables."""

_SEEN = ((REPORT, "ff"),)
"""Entries whose rules were corrected after the held-out designs had been looked at."""

Weights = Mapping[str, float]


def group(items: Sequence[Published], entry: str) -> list[Published]:
    """The designs that an entry is made from."""
    return [item for item in items if item.reusing_dense == (entry == FOLDED)]


def fitted(items: Sequence[Published]) -> dict[str, dict[str, float]]:
    """Weights of every entry, from designs that are not held out."""
    fit = [item for item in items if not item.held_out]
    logic, report = ([i for i in fit if i.synthesized is side] for side in (True, False))
    tables, many, few = _tables(logic), group(logic, FOLDED), group(logic, STREAM)
    others = {**tables, "ff": _level("ff", few), "bram": 1.0}
    return {
        FOLDED: {**tables, "ff": _level("ff", many), "bram": 1.0},
        PARALLEL: others,
        STREAM: others,
        REPORT: {**_tables(report), "ff": _level("ff", report), "bram": _level("bram", report)},
    }


def _tables(fit: Sequence[Published]) -> dict[str, float]:
    """LUTs for a bit of an adder and for a table: least squares of the relative error, none negative."""
    known = [item for item in fit if "lut" in item.record]
    counts = np.array([[item.count.chain, item.count.logic] for item in known])
    real = np.array([item.record["lut"] for item in known], float)
    found, _ = nnls(counts / real[:, np.newaxis], np.ones(len(known)))
    return {name: round(float(value), 3) for name, value in zip(("chain", "logic"), found, strict=True)}


def _level(kind: str, fit: Sequence[Published]) -> float:
    ratios = [
        i.record[kind] / getattr(i.count, kind) for i in fit if i.record.get(kind) and getattr(i.count, kind)
    ]
    return round(float(np.median(ratios)), 3)


def made(kind: str, item: Published, weights: Weights) -> float:
    """The estimate of one figure."""
    count = item.count
    ways: dict[str, Callable[[], float]] = {
        "lut": lambda: weights["chain"] * count.chain + weights["logic"] * count.logic,
        "ff": lambda: weights["ff"] * count.ff,
        "dsp": lambda: count.dsp,
        "bram": lambda: weights["bram"] * count.bram,
        "cycles": lambda: item.project.latency,
        "ii": lambda: item.project.interval,
    }
    return float(ways[kind]())


def pairs(kind: str, items: Iterable[Published], weights: Weights) -> list[tuple[float, float]]:
    """Real and estimated, of the designs that tell this figure."""
    return [(float(i.record[kind]), made(kind, i, weights)) for i in items if kind in i.record]


@dataclass(frozen=True)
class Trial:
    """The interval of one figure, and the share of held-out designs in the one that was tried first.

    Args:
        errors: of the interval that is used.
        fitted: designs it was tried with.
        inside: share of the held-out designs inside what was tried; None if there were too few to try.
    """

    errors: Errors
    fitted: int
    inside: float | None


def tried(items: Sequence[Published], entry: str, weights: Weights) -> dict[str, Trial]:
    """The interval of every figure.

    One that fewer than nine in ten of the held-out designs confirm is given up for the largest error of all
    designs and half as much again, which promises nothing.
    """
    found: dict[str, Trial] = {}
    for kind in ("lut", "ff") if entry == REPORT else KINDS:
        of = _telling(kind, group(items, entry), entry)
        fit, test = ([i for i in of if i.held_out is side] for side in (False, True))
        inside = None
        if len(fit) >= ENOUGH and len(test) >= TRIED:
            both = [[i.count.soft for i in side] if kind == "dsp" else [] for side in (fit, test)]
            least = _LEAST.get(kind, 5.0)
            made = pairs(kind, fit, weights), pairs(kind, test, weights)
            first = errors(*made, least, (both[0], both[1]))
            inside = None if (entry, kind) in _SEEN else first.inside
            if inside is not None and inside >= COVERAGE:
                found[kind] = Trial(first, len(fit), inside)
                continue
        if of:
            last = replace(_extreme(kind, of, weights), apart=_apart(kind, of, weights))
            found[kind] = Trial(last, len(fit), inside)
    return found


def _extreme(kind: str, of: Sequence[Published], weights: Weights) -> Errors:
    return scarce(pairs(kind, of, weights), [i.count.soft for i in of] if kind == "dsp" else [])


def _apart(kind: str, of: Sequence[Published], weights: Weights) -> tuple[int, int] | None:
    """The rule's result on a source that it was not fitted on; the weights are those fitted on all."""
    authors = {item.author for item in of}
    if len(authors) < 2:
        return None
    held = 0
    for author in authors:
        mine, rest = ([i for i in of if (i.author == author) is side] for side in (True, False))
        e = _extreme(kind, rest, weights)
        soft = [i.count.soft if kind == "dsp" else 0.0 for i in mine]
        held += sum(
            e.low * guess - e.slack <= real <= e.high * guess + e.slack + e.share * many
            for (real, guess), many in zip(pairs(kind, mine, weights), soft, strict=True)
        )
    return held, len(of)


def _telling(kind: str, of: Sequence[Published], entry: str) -> list[Published]:
    """Those that tell a figure at the entry's stage; blocks and clocks are the same at both."""
    known = [item for item in of if kind in item.record]
    if kind in _OF_A_REPORT:
        return [item for item in known if item.synthesized == (entry != REPORT)]
    if kind == "dsp":
        known = [item for item in known if "blocks" not in item.record]
    elif entry in (PARALLEL, STREAM):
        known = [item for item in known if (item.record["io_type"] == "io_stream") == (entry == STREAM)]
    once = {(i.record["name"], i.record["tool"]): i for i in sorted(known, key=lambda i: i.synthesized)}
    return list(once.values())


def scarce(found: Sequence[tuple[float, float]], soft: Sequence[float]) -> Errors:
    """An interval from a handful of designs: their extremes, half as far again on a logarithmic scale.

    So few promise no coverage, and none is claimed; it is at least a factor of 1.3, or 1.6 if there are fewer
    than five.
    """
    ratios = [real / made for real, made in found if real >= 5 and made >= 5]
    reach = [abs(math.log(ratio)) for ratio in ratios]
    factor = max(1.3 if len(ratios) >= 5 else 1.6, math.exp(1.5 * max(reach, default=0.0)))
    over = [
        (real - factor * made) / count for (real, made), count in zip(found, soft, strict=False) if count > 0
    ]
    share = 1.5 * max([0.0, *over])
    return Errors(
        round(1 / factor, 4),
        round(factor, 4),
        2.0,
        len(found),
        round(float(np.median(ratios)), 3) if ratios else None,
        round(float(np.quantile([max(r, 1 / r) for r in ratios], 0.9)), 3) if ratios else None,
        None,
        round(share, 4),
    )


# ---------------------------------------------------------------- calibration.json


def entries(items: Sequence[Published]) -> tuple[dict[str, Any], dict[str, dict[str, Trial]]]:
    """The file that the estimates read, and the page."""
    weights = fitted(items)
    trials = {entry: tried(items, entry, weights[entry]) for entry in NAMES}
    trials[FOLDED]["ii"] = trials[PARALLEL]["ii"]  # the many do not tell theirs
    made = {
        entry: {
            "tool": _TOOL,
            "weights": weights[entry],
            "spread": {kind: vars(trial.errors) for kind, trial in trials[entry].items()},
            "source": f"{_many(group(items, entry))}, {_WHAT[entry]}",
        }
        for entry in NAMES
    }
    made[STREAM]["kinds"] = {kind: vars(found) for kind, found in evidence(items, weights).items()}
    return made, trials


_WHAT = {
    FOLDED: "dense layers with more reuse than inputs",
    PARALLEL: "all but dense layers with more reuse than inputs",
    STREAM: "all but dense layers with more reuse than inputs",
    REPORT: "all but dense layers with more reuse than inputs",
}


def _many(of: Sequence[Published]) -> str:
    designs = {(i.record["name"], i.record["tool"]) for i in of}
    sources = {i.author for i in of}
    return (
        f"{len(designs)} published designs of {len(sources)} {'source' if len(sources) == 1 else 'sources'}"
    )


@dataclass(frozen=True)
class Kind:
    """The published results of one kind (edgeml.estimate.calibration.Evidence)."""

    designs: int
    sources: int
    lut: float | None
    cycles: float | None


def evidence(items: Sequence[Published], weights: Mapping[str, Weights]) -> dict[str, Kind]:
    """By kind of design, how many were published, and the worst error."""
    by_kind: dict[str, list[Published]] = {}
    for item in items:
        record = item.record
        shaped = any(layer.startswith("conv") for layer, *_ in record["layers"])
        stream = record["io_type"] == "io_stream"
        kind = kind_of(stream, [record["strategy"]], shaped, item.reusing_dense)
        by_kind.setdefault(kind, []).append(item)
    return {
        kind: Kind(
            len({(i.record["name"], i.record["tool"]) for i in of}),
            len({i.author for i in of}),
            _worst("lut", of, weights),
            _worst("cycles", of, weights),
        )
        for kind, of in sorted(by_kind.items())
    }


def _worst(kind: str, of: Sequence[Published], weights: Mapping[str, Weights]) -> float | None:
    found = [ratio for i in of if (ratio := ratio_of(kind, i, weights)) is not None]
    return round(max(max(ratio, 1 / ratio) for ratio in found), 3) if found else None


def ratio_of(kind: str, item: Published, weights: Mapping[str, Weights]) -> float | None:
    """Real/estimate of one figure of one design, at its stage; None if it is not told or too small."""
    entry = FOLDED if item.reusing_dense else STREAM if item.synthesized else REPORT
    real, guess = item.record.get(kind), made(kind, item, weights[entry])
    least = _LEAST.get(kind, 5.0)
    return None if real is None or min(real, guess) < least else real / guess


# ---------------------------------------------------------------- the page


def page(
    items: Sequence[Published], trials: Mapping[str, Mapping[str, Trial]], sources: Mapping[str, Any]
) -> list[str]:
    """The part of docs/estimates-validation.md about hls4ml."""
    weights = fitted(items)
    others = group(items, STREAM)
    lines = [
        "## hls4ml against published figures",
        "",
        "There is no vendor tool here. The figures are those that others published with their projects:",
        f"{_many(group(items, FOLDED))} with dense layers of more reuse than inputs,",
        f"{_many(others)} of all other kinds. The split is by checksum, and the model was worked on with the",
        "designs that were not held out. Three things were put right after the held-out ones had been",
        "looked at: registers of short FIFOs, registers of long comparisons, and which designs tell DSP",
        "blocks. Of what they touch no coverage is claimed. The rules for FIFOs in block RAM and for wide",
        "products were read from reports of which some are held out (encoder). Weights that were not",
        "published are random, of the same width and share of zeros: with the weights at hand, as edgeml has",
        "them, errors are smaller. The one layer whose weights were read has 129 DSP blocks, as estimated.",
        "",
        "*Tried* is the share of held-out designs in the interval made from the fitted ones. Where it is",
        "below 90 % or there are too few, the interval is the largest error of all designs and half as much",
        "again, and nothing is promised: *inside* is empty. *Other sources* is how that rule does on a",
        "source that it has not seen: figures in the interval made from all other sources, with the weights",
        "fitted on all.",
        "",
        "| kind | figure | fitted | tested on | median ratio | 90th percentile of the factor | interval "
        "| inside | tried | other sources |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for entry, of in trials.items():
        for kind, trial in of.items():
            share = "-" if trial.inside is None else f"{trial.inside:.0%}"
            tested = f"{'all ' if trial.errors.inside is None else ''}{trial.errors.designs}"
            apart = "-" if trial.errors.apart is None else "{} of {}".format(*trial.errors.apart)
            lines.append(
                f"| {NAMES[entry]} | {kind.upper()} | {trial.fitted} | {tested} | "
                f"{said(trial.errors)} | {share} | {apart} |"
            )
    lines += ["", "### By kind", "", "| kind | designs | sources | LUT off at most | clocks off at most |"]
    lines += ["|---|---|---|---|---|"]
    for kind, found in evidence(items, weights).items():
        lines.append(
            f"| {kind} | {found.designs} | {found.sources} | {_number(found.lut)} | {_number(found.cycles)} |"
        )
    lines += ["", "Of distributed arithmetic nothing was found that tells its project.", ""]
    lines += _left_out(others, "source", lambda item: item.author)
    lines += _left_out(others, "part", lambda item: boards.load(item.record["board"]).family)
    lines += _designs(items, weights)
    lines += ["", "Sources:", ""]
    return [*lines, *(f"- {source['what']}: <{source['url']}>" for source in sources.values())]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _left_out(others: Sequence[Published], what: str, of: Callable[[Published], str]) -> list[str]:
    """Weights fitted on all designs but those of one source or part, tried on these."""
    lines = [
        f"### Without one {what}",
        "",
        f"Weights fitted on all designs but those of one {what}, tried on these (no reusing dense layers).",
        "",
        f"| {what} | figures of LUT | median ratio | 90th percentile | figures of FF | median ratio "
        "| 90th percentile |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in sorted({of(item) for item in others}):
        mine, rest = ([i for i in others if (of(i) == name) is side] for side in (True, False))
        cells: list[str] = []
        for kind in ("lut", "ff"):
            ratios = [
                real / guess
                for stage in (True, False)
                for real, guess in pairs(
                    kind, [i for i in mine if i.synthesized is stage], _refitted(rest, stage)
                )
                if min(real, guess) >= 5
            ]
            factor = float(np.quantile([max(r, 1 / r) for r in ratios], 0.9)) if ratios else None
            middle = float(np.median(ratios)) if ratios else None
            cells += [str(len(ratios)), _number(middle), _number(factor)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return [*lines, ""]


def _refitted(rest: Sequence[Published], stage: bool) -> dict[str, float]:
    known = [item for item in rest if item.synthesized is stage]
    return {**_tables(known), "ff": _level("ff", known)}


def _designs(items: Sequence[Published], weights: Mapping[str, Weights]) -> list[str]:
    lines = [
        "### The designs",
        "",
        "| design | tool | stage | held out | LUT | estimate | FF | estimate | DSP | estimate | BRAM "
        "| estimate | clocks | estimate | II | estimate |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for item in items:
        record = item.record
        entry = FOLDED if item.reusing_dense else STREAM if item.synthesized else REPORT
        cells: list[str] = []
        for kind in KINDS:
            guess = made(kind, item, weights[entry])
            form = ",.1f" if kind == "bram" else ",.0f"
            cells += [
                format(record[kind], form if kind == "bram" else ",") if kind in record else "-",
                format(guess, form),
            ]
        lines.append(
            f"| {record['name']} | {record['tool']} | {record['stage']} | "
            f"{'yes' if item.held_out else 'no'} | {' | '.join(cells)} |"
        )
    return lines
