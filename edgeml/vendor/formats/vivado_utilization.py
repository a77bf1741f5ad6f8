"""report_utilization of Vivado, flat: 7-series ("Slice LUTs"), UltraScale(+) and Versal ("CLB LUTs").

A report of a part with several dies has further tables of sites, which share the same counts out among the
dies (SLRs): those have no column Used and repeat the whole's counts.
"""

from __future__ import annotations

import re

from edgeml.figures import Usage
from edgeml.vendor.base import Format, Reading, VendorReport, exactly
from edgeml.vendor.formats import _vivado
from edgeml.vendor.tables import table_at

_NAMES = {
    "lut": ("Slice LUTs", "CLB LUTs"),
    "ff": ("Slice Registers", "CLB Registers", "Registers"),
    "dsp": ("DSPs", "DSP Slices"),
    "bram": ("Block RAM Tile",),
    "uram": ("URAM",),
}

_PER_DIE = re.compile(r"^SLR\d+( %)?$")


def read(report: VendorReport) -> Reading:
    """The resources of the whole design."""
    used: dict[str, float | None] = {}
    unread: list[tuple[int, str]] = []
    start = 0
    while match := report.find(r"^\|\s+Site Type\s+\|", start):
        start = match[0] + 1
        table = table_at(report, match[0] - 1)
        column = table.column("Used") if table else None
        if table is None or column is None:
            heads = [cell.strip() for cell in report.lines[match[0]].strip("| ").split("|")[1:]]
            if not heads or not all(_PER_DIE.match(head) for head in heads):
                unread.append((start, "a table of sites has no column Used"))
            continue
        for row in table.rows:
            name = row.label.rstrip("*")
            kind = next((kind for kind, names in _NAMES.items() if name in names), None)
            if kind is not None and kind not in used:
                used[kind] = report.number(row[column], row.line)
    missing = [_NAMES[kind][0] for kind in ("lut", "ff") if kind not in used]
    if missing and unread:
        report.fail(unread[0][1], unread[0][0])
    if missing:
        report.fail(f"no row {' and no row '.join(missing)} in any table of sites", max(start, 1))
    return Reading(
        report=report.path,
        tool=_vivado.tool(report),
        model=_vivado.design(report),
        root=report.path.parent,
        level=_vivado.level(report),
        part=report.value("Device"),
        usage=Usage(**{kind: exactly(value) for kind, value in used.items()}),
        unread=tuple(unread),
    )


FORMATS = (
    Format(
        "Vivado utilization",
        ("*.rpt", "*.txt"),
        r"^\| Command\s*:\s*report_utilization(?!.*\s-(hierarchical|pblocks|cells|slr))",
        read,
    ),
)
