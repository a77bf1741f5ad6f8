"""comparison.md: the tables of a comparison. Invariant: as in `markdown`."""

from __future__ import annotations

from edgeml.report.comparison import Comparison, RunRow, pareto, tradeoffs
from edgeml.report.facts_hardware import DESIGNS, fits, latency_ns, throughput, used
from edgeml.report.markdown_hardware import known, origin, paced, quality_of, sourced
from edgeml.report.mdtext import safe, table
from edgeml.report.words import interval, number, percent

_NAMES = {"lut": "LUTs", "latency": "latency", "bops": "bit operations (energy proxy)"}


def to_markdown(found: Comparison) -> str:
    """The text of comparison.md."""
    parts = [f"# Comparison of {len(found.runs)} runs"]
    groups = found.groups()
    if len(groups) > 1:
        told = "; ".join(f"{', '.join(run.key for run in rows)}: {rows[0].data}" for rows in groups)
        parts.append(
            f"> Not all of these compare: they are of {len(groups)} data sets or splits ({safe(told)})."
        )
    parts += ["## Models", _models(found), "## On an FPGA", _hardware(found), "## Not beaten"]
    for rows in groups:
        if len(rows) == 1:
            parts.append(f"{safe(rows[0].data)}: {rows[0].key} is the only run of this data set.")
            continue
        for what, points in tradeoffs(rows).items():
            front = (
                f"{p.key} {p.design} {percent(p.accuracy.value or 0)}".replace("  ", " ")
                for p in pareto(points)
            )
            told = ", ".join(front) or "not available: no source tells"
            parts.append(f"{safe(rows[0].data)}, accuracy against {_NAMES[what]}: {told}.")
    parts.append(
        "Bit operations are a proxy for energy: per position m n ((1 - f) b_a b_w + b_a + b_w + log2 n) "
        "(Baskin et al., arXiv:1804.10969; zeros f as in Hawks et al., doi:10.3389/frai.2021.676564)."
    )
    return "\n\n".join(parts) + "\n"


def _models(found: Comparison) -> str:
    rows = [
        [
            *(f"{run.key} {run.label}", run.data, run.verdict.text),
            f"{number(run.accuracy.fixed, 'percent')} ({interval(run.accuracy.fixed)})",
            number(run.accuracy.qat, "percent"),
            *(_rounded(run, types) for types in ("calibrated", "own")),
            *(number(item, "percent") for item in (run.accuracy.float_, run.accuracy.int8)),
            *(
                number(run.weight_bits, "size"),
                number(run.macs),
                number(run.bops),
                sourced(run.latency, "ns"),
            ),
        ]
        for run in found.runs
    ]
    head = ["run", "data", "exactness", "fixed-point (measured)", "QAT", "PTQ, calibrated"]
    head += ["PTQ, same types", "float32", "int8"]
    return table([*head, "constants (proven)", "MACs", "bit operations", "CPU latency"], rows)


def _rounded(run: RunRow, types: str) -> str:
    item = run.post_training.get(types)
    return "-" if item is None else number(item, "percent")


def _hardware(found: Comparison) -> str:
    if found.board is None:
        return "Not available: there is no board that all of these runs have figures for."
    rows = [
        [
            *(f"{run.key} {run.label}", DESIGNS[item.design], origin(item), fits(item, found.board)),
            *(known(used(item, kind), "amount") for kind in ("lut", "ff", "dsp", "bram")),
            *(paced(item), sourced(latency_ns(item), "ns"), sourced(throughput(item), "rate")),
        ]
        for run in found.runs
        for item in run.hardware
    ]
    head = ["run", "design", "source", "fits", "LUT", "FF", "DSP", "BRAM", "clock", "latency", "throughput"]
    items = [(f"{run.key} {run.label}", item) for run in found.runs for item in run.hardware]
    shown = f"{safe(found.board.title)}, {safe(found.board.part)}:"
    return "\n\n".join([shown, table(head, rows), *quality_of(items)])
