"""The hardware half of report.md. Invariant: every row has its source, as in the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from edgeml.estimate.quality import quality
from edgeml.figures import Figure, Hardware, Source
from edgeml.report.facts import Facts
from edgeml.report.facts_hardware import (
    DESIGNS,
    KIND_NAMES,
    REACHED,
    clock,
    detailed,
    fits,
    group_kinds,
    groups,
    latency_ns,
    layer_kinds,
    misses_clock,
    noted,
    shares,
    throughput,
    used,
)
from edgeml.report.mdtext import safe, table
from edgeml.report.numbers import Number, figure
from edgeml.report.ways import roundings, ways
from edgeml.report.words import amount, interval, number, share, span


def ways_table(facts: Facts) -> Iterable[str]:
    """The model on the CPU and on FPGAs."""
    rows = [
        [
            *(way.name, way.how, way.where, sourced(way.accuracy, "percent"), sourced(way.bits, "size")),
            *(sourced(way.latency, "ns"), sourced(way.rate, "rate")),
        ]
        for way in ways(facts)
    ]
    head = ["model", "quantized", "runs on", "accuracy", "constants", "latency of one sample", "throughput"]
    return [table(head, rows)]


def roundings_table(facts: Facts) -> Iterable[str]:
    """The run against its float baseline rounded after training, at equal widths."""
    rows: list[Sequence[str]] = []
    for row in roundings(facts):
        between = f" ({interval(row.accuracy)})" if row.accuracy.value is not None else ""
        told = [f"{number(row.accuracy, 'percent')}{between}"]
        told += [
            known(row.agreement, "percent"),
            known(row.weight_bits, "size"),
            known(row.bops, "amount"),
        ]
        for item in row.hardware or (None,):
            figures = ["-"] * 7
            if item is not None:
                counts = (known(used(item, kind), "amount") for kind in ("lut", "ff", "dsp", "bram"))
                figures = [DESIGNS[item.design], *counts, paced(item), known(latency_ns(item), "ns")]
            rows.append([row.name, *told, *figures])
    yield (
        "PTQ: the float baseline's weights in the run's types, sums exact; calibrated: each binary point "
        "moved to where the baseline needs it, at the same width. Accuracies are measured on all test "
        "samples, constants and bit operations proven, resources and latency estimates for the target board."
    )
    head = ["weights and types", "accuracy (95 % interval)", "float agrees", "constants", "bit operations"]
    yield table([*head, "design", "LUT", "FF", "DSP", "BRAM", "clock", "latency"], rows)
    for item in facts.post_training:
        if item.moved:
            yield f"Moved by calibration: {safe('; '.join(item.moved))}."


def hardware(facts: Facts) -> Iterable[str]:
    """Each design that a tool has spoken of or that is on the target board, by source and by layer."""
    for section in ("resources", "latency"):
        if section in facts.missing:
            yield f"{section.capitalize()} not available: {safe(facts.missing[section])}"
    for group in detailed(facts.hardware, facts.target):
        best = group[0]
        where = _title(facts, best)
        yield f"### {DESIGNS[best.design]} on {safe(where)}"
        if misses_clock(best) and best.fmax_mhz and best.clock_mhz:
            told = f"made for {amount(best.clock_mhz)} MHz, good for {amount(best.fmax_mhz.value)} MHz"
            yield f"Too slow for its clock: {told}; times are at the latter."
        yield _sources(group)
        if best.layers:
            yield _layers(best)
        if best.critical_path:
            hops = [f"{hop.layer or 'outside the layers'} {hop.ns:.3g} ns" for hop in best.critical_path]
            yield f"Critical path ({best.source}): {safe(', '.join(hops))}."
        told = quality(best)
        if told.line:
            yield _fold(f"{told.line[0].upper()}{told.line[1:]}: details", told.details)
        if told.notes:
            yield "\n".join(f"> - {safe(note)}" for note in told.notes)
    if facts.gaps and facts.resources:
        yield "\n".join(f"> - Not included: {safe(sentence)}" for sentence in facts.gaps)


def boards(facts: Facts) -> Iterable[str]:
    """Every board with its best source."""
    found = groups(facts.hardware, facts.target)
    if not found:
        return ["No board was compared."]
    rows: list[Sequence[str]] = []
    for group in found:
        best = group[0]
        board = next((item for item in facts.boards if item.name == best.board), None)
        part = shares(best.total, board)
        kinds = [
            f"{amount(count.value)}{f' ({share(part[kind])})' if kind in part else ''}"
            if (count := used(best, kind)).value is not None
            else "-"
            for kind in ("lut", "ff", "dsp", "bram")
        ]
        rows.append(
            [
                *(_title(facts, best), DESIGNS[best.design], origin(best), fits(best, board), *kinds),
                *(_optional(best.cycles, best.source), _optional(best.ii, best.source)),
                *(paced(best), known(latency_ns(best), "ns")),
                known(throughput(best), "rate"),
            ]
        )
    head = ["board", "design", "source", "fits", "LUT", "FF", "DSP", "BRAM"]
    notes = quality_of([(_title(facts, group[0]), group[0]) for group in found])
    return [table([*head, "cycles", "II", "clock", "latency", "throughput"], rows), *notes]


def quality_of(found: Sequence[tuple[str, Hardware]]) -> list[str]:
    """How good the estimates below a table are, and the statistics in a fold; [] if there are none."""
    told = noted(found)
    lines = [f"> - {safe(item.who)}: {safe(' '.join(item.notes))}" for item in told if item.notes]
    details = [f"{item.who}: {' '.join(item.details)}" for item in told if item.details]
    folded = [_fold("How the estimates were checked", details)] if details else []
    return [*(["\n".join(lines)] if lines else []), *folded]


def _fold(summary: str, lines: Sequence[str]) -> str:
    """Lines that are shown when the summary is opened, where Markdown is shown as HTML."""
    told = "\n".join(f"- {safe(line)}" for line in lines)
    return f"<details><summary>{safe(summary)}</summary>\n\n{told}\n\n</details>"


def origin(item: Hardware) -> str:
    """The source, and how far a vendor's flow had come."""
    return f"{item.source}, {REACHED[item.reached]}" if item.reached else item.source


def sourced(item: Number, kind: str) -> str:
    """A number with its source and its interval."""
    if item.value is None:
        return number(item, kind)
    between = span(item, kind)
    return f"{number(item, kind)} ({item.source}{f', {between}' if between and kind != 'percent' else ''})"


def paced(item: Hardware) -> str:
    """The clock that its times are at."""
    mhz = clock(item)
    return f"{amount(mhz)} MHz" if mhz else "-"


def _sources(group: Sequence[Hardware]) -> str:
    kinds = group_kinds(group)
    rows: list[Sequence[str]] = []
    for item in group:
        made = item.tool or ", ".join(f"{s.tool} {s.version}".strip() for s in item.stages)
        rows.append(
            [
                *(origin(item), made, item.settings, *(known(used(item, kind), "amount") for kind in kinds)),
                *(_optional(item.cycles, item.source), _optional(item.ii, item.source), paced(item)),
                *(known(latency_ns(item), "ns"), known(figure(item.fmax_mhz, item.source), "mhz")),
            ]
        )
        if item.whole is not None and item.source == "estimate":
            whole = item.whole.present()
            counts = (_optional(whole.get(kind), item.source) for kind in kinds)
            rows.append([f"{origin(item)}, whole board packed", "", "", *counts, *["-"] * 5])
    names = [KIND_NAMES[kind] for kind in kinds]
    return table(
        ["source", "tool", "settings", *names, "cycles", "II", "clock", "latency", "fastest clock"], rows
    )


def _layers(item: Hardware) -> str:
    kinds = layer_kinds(item)
    rows = [
        [
            *(f"`{part.layer}`", part.op.replace("_", " ")),
            *(_optional(part.usage.present().get(kind), item.source) for kind in kinds),
            *(_optional(found, item.source) for found in (part.start, part.cycles, part.ii)),
            "-" if part.reuse is None else str(part.reuse),
        ]
        for part in item.layers
    ]
    names = [KIND_NAMES[kind] for kind in kinds]
    return table([f"layer ({item.source})", "op", *names, "starts at", "cycles", "II", "reuse"], rows)


def _optional(item: Figure | None, source: Source) -> str:
    return known(figure(item, source), "amount")


def known(item: Number, kind: str) -> str:
    """A number with its interval, or a dash."""
    if item.value is None:
        return "-"
    between = span(item, kind) if item.low != item.high else ""
    return f"{number(item, kind)}{f' ({between})' if between else ''}"


def _title(facts: Facts, item: Hardware) -> str:
    found = next((board.title for board in facts.boards if board.name == item.board), "")
    return found or item.board or item.part
