"""report_utilization of Vivado, flat: 7-series ("Slice LUTs") and UltraScale(+) and Versal ("CLB LUTs")."""

from __future__ import annotations

from edgeml.figures import Usage
from edgeml.vendor.base import Format, Reading, Report, exactly
from edgeml.vendor.formats import _vivado
from edgeml.vendor.tables import table_at

_NAMES = {
    "lut": ("Slice LUTs", "CLB LUTs"),
    "ff": ("Slice Registers", "CLB Registers"),
    "dsp": ("DSPs", "DSP Slices"),
    "bram": ("Block RAM Tile",),
    "uram": ("URAM",),
}


def read(report: Report) -> Reading:
    """The resources of the whole design."""
    used: dict[str, float | None] = {}
    start = 0
    while found := report.find(r"^\|\s+Site Type\s+\|", start):
        table = table_at(report, found[0] - 1)
        column = table.column("Used") if table else None
        if table is None or column is None:
            report.fail("a table of sites has no column Used", found[0] + 1)
        for row in table.rows:
            name = row.label.rstrip("*")
            kind = next((kind for kind, names in _NAMES.items() if name in names), None)
            if kind is not None and kind not in used:
                used[kind] = report.number(row[column], row.line)
        start = found[0] + 1
    missing = [_NAMES[kind][0] for kind in ("lut", "ff") if kind not in used]
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
    )


FORMATS = (
    Format(
        "Vivado utilization",
        ("*.rpt", "*.txt"),
        r"^\| Command\s*:\s*report_utilization(?!.*-(hierarchical|pblocks|cells|slr))",
        read,
    ),
)
