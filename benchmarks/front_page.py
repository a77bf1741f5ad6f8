"""The page of `benchmarks.front`: accuracy against LUTs by data set, and the comparison at equal accuracy."""

from __future__ import annotations

import math
import platform
from collections.abc import Iterator, Mapping
from statistics import fmean

from benchmarks import front_peer, front_placed
from benchmarks.front import MOST_OPERATIONS, PASSES
from benchmarks.front_rows import FrontRow

_HEADER = """\
# Accuracy against LUTs

Written by `make bench-front DATASET=...` ({datasets}) with Yosys {version}, Python {python}. The
Verilog of every row goes through the same `{passes}`,
and, where a row says MHz, through Yosys' passes for ECP5 that its section names and {placer}
for an ECP5-85F as well, between shift registers (benchmarks/front_placed.py): LUT and FF of ECP5 are the
network's sites after routing, MHz what nextpnr reached when asked for {mhz:g}. edgeml's designs are pipelined
for 100 MHz by its own delay model and hold an AXI-Stream handshake; da4ml's are pipelined by its own with
latency_cutoff=4 and hold none. The input's quantizer is part of each design. Checkpoints are spread evenly
over each training's front of validation figures, both ends included, and all of them are shown; accuracy is
that of the integers on the test part. Bit operations are each side's own count. edgeml's epochs are those of
the float baseline and of quantization-aware training from its weights together, HGQ2 trains from random
weights. Seconds are wall time of the training on a shared machine, so they compare little.
"""

_REMARKS = {
    "digits": (
        "HGQ2's front has one seed so far, edgeml's two. edgeml's rows of seed 0 are of two trainings with\n"
        "the same settings, as their seconds say."
    ),
    "nsl_kdd": (
        "The test part has attacks that training never shows, so its accuracy moves by whole percents where\n"
        "validation moves by tenths; compare validation. One seed each. The dearest of HGQ2's four\n"
        "checkpoints has no row: its synthesis for ECP5 had not ended after half an hour on a busy machine.\n"
        "edgeml's bit operations count the sign of an input, HGQ2's do not. edgeml's values saturate at\n"
        "the bits that training left them, HGQ2's wrap. That is not what edgeml's LUTs go to: the\n"
        "checkpoint of 487 bit operations reads 52 of the 119 inputs and takes 699 LUT as it is and 668\n"
        "with inputs of layers that wrap, through the same Yosys."
    ),
    "fashion_mnist": (
        "fashion_mnist_learned has the settings of mnist_learned; no others were tried. One seed."
    ),
    "mnist": (
        "HGQ2 was trained for 200 epochs with the rates and the penalty of mnist_learned, but without its\n"
        "pruning by magnitude. Its front depends on the epochs: the cheapest checkpoint with 95 % of the\n"
        "validation part has 8,896 EBOPs after 200, 93,296 after 108 and 80,781 after 108 with 30 % of\n"
        "the penalty; more than 200 were not tried. The dearest of the four checkpoints that were chosen\n"
        "has no row: 27,915 EBOPs, 95.83 % of the validation part; its Verilog was not written. One seed.\n"
        "Not every checkpoint of edgeml's has a row either. Its penalty and the share that is pruned were\n"
        "chosen by validation figures of eight and four trainings of one seed. mnist_tables was trained\n"
        "in a file of its own with the preset's layers and settings, its second seed after the front's\n"
        "rule on fan-in. mnist_votes was trained before its augmentation was the preset's own, with the\n"
        "same settings given by --set."
    ),
}
"""Remarks on the rows of a data set."""

_SHIFTED = {"nsl_kdd"}
"""Data sets whose test part is drawn otherwise than the others: sides are compared on the validation part."""


def page(measured: Mapping[str, list[FrontRow]], missing: str) -> Iterator[str]:
    """The lines of the page.

    Args:
        measured: rows by data set.
        missing: the reason for which HGQ2 was not run; empty if it was.
    """
    rows = [row for each in measured.values() for row in each]
    yield _HEADER.format(
        datasets=", ".join(name for name, own in measured.items() if own),
        version=", ".join(sorted({row.yosys for row in rows})),
        python=platform.python_version(),
        passes=PASSES,
        placer=", ".join(sorted({row.placer for row in rows if row.placer})),
        mhz=front_placed.MHZ,
    )
    for name, own in measured.items():
        if own:
            yield from _section(name, own, missing)


def _section(dataset: str, rows: list[FrontRow], missing: str) -> Iterator[str]:
    yield f"## {dataset}\n"
    peers = [row for row in rows if row.side.startswith("HGQ2")]
    if not peers:
        yield f"HGQ2 + da4ml: NOT RUN: {missing or 'its training was not started'}.\n"
    if dataset in _REMARKS:
        yield f"{_REMARKS[dataset]}\n"
    if dataset in MOST_OPERATIONS:
        bound = front_peer.MOST_EBOPS.get(dataset)
        peer = f", HGQ2's of at most {bound:,} EBOPs" if bound and peers else ""
        yield f"edgeml's checkpoints of at most {MOST_OPERATIONS[dataset]:,} bit operations{peer}.\n"
    passes = sorted({row.ecp5_passes for row in rows if row.placer})
    if passes:
        yield f"ECP5: `{'`, `'.join(passes)}`.\n"
    yield (
        "| side | seed | test | validation | bit operations | LUT | CARRY4 | FF | clocks "
        "| ECP5 LUT | ECP5 FF | ECP5 MHz | epochs | training s |"
    )
    yield "|" + "---|" * 14
    for row in sorted(rows, key=lambda row: (row.side, row.seed, row.luts or math.inf)):
        operations = "" if row.operations is None else f"{row.operations:,.0f}"
        cells = " | ".join(map(_known, (row.luts, row.carries, row.registers, row.latency)))
        ecp5 = " | ".join(map(_known, (row.ecp5_luts, row.ecp5_registers, row.fmax_mhz)))
        yield (
            f"| {row.side} | {row.seed} | {_percent(row.accuracy)} | {_percent(row.val_accuracy)} | "
            f"{operations} | {cells} | {ecp5} | {row.epochs} | {row.seconds:.0f} |"
        )
    yield ""
    yield from _without(rows)
    if peers:
        part = "validation" if dataset in _SHIFTED else "test"
        yield from _compared(peers, [row for row in rows if row.side.endswith("_learned")], part)


def _without(rows: list[FrontRow]) -> Iterator[str]:
    """The reasons for which rows have no figures."""
    stopped = [row for row in rows if row.stopped]
    if stopped:
        yield "Time was up (each tool has so many seconds for a design, on a busy machine):\n"
        for row in stopped:
            size = "" if row.operations is None else f", {row.operations:,.0f} bit operations"
            yield f"- {row.side}, seed {row.seed}{size}: {row.stopped}, {row.limit:g} s"
        yield ""
    if any(not row.placer and not row.stopped for row in rows):
        yield f"{'Other rows' if stopped else 'Rows'} without MHz were not placed and routed.\n"


def _compared(peers: list[FrontRow], ours: list[FrontRow], part: str) -> Iterator[str]:
    """Each of HGQ2's rows beside edgeml's cheapest one that is no less accurate on a part of the data."""
    yield f"At equal accuracy on the {part} part (few samples make accuracies coarse):\n"
    yield "| HGQ2 + da4ml | LUT | edgeml's cheapest row at no less accuracy | LUT | of HGQ2's |"
    yield "|---|---|---|---|---|"
    ratios: list[float] = []
    luts = [(row, share, row.luts) for row in peers if (share := _share(row, part)) is not None and row.luts]
    for row, accuracy, count in sorted(luts, key=lambda each: each[2]):
        equal = [our for our in ours if our.luts and (_share(our, part) or 0.0) >= accuracy]
        best = min(equal, key=lambda our: our.luts or math.inf, default=None)
        cells = "none | | "
        if best is not None and best.luts:
            ratios.append(best.luts / count)
            cells = f"{_percent(_share(best, part))}, seed {best.seed} | {best.luts:,} | {ratios[-1]:.2f}"
        yield f"| {_percent(accuracy)}, seed {row.seed} | {count:,} | {cells} |"
    yield ""
    if ratios:
        yield (
            f"On average over the {len(ratios)} of {len(luts)} rows that have one: {fmean(ratios):.2f} of "
            f"HGQ2's LUTs; more LUTs than HGQ2's at {sum(ratio > 1 for ratio in ratios)} of them.\n"
        )


def _share(row: FrontRow, part: str) -> float | None:
    return row.val_accuracy if part == "validation" else row.accuracy


def _known(figure: float | None) -> str:
    """A figure, or that it was not measured."""
    return "-" if figure is None else f"{figure:,}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f} %"
