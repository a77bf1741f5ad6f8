"""Reports of Intel's HLS compiler (i++) and of oneAPI, as in hls4ml's Quartus and oneAPI projects.

i++ writes `var NAME = {...};` into reports/lib/*.js, oneAPI one JSON object per line into
reports/resources/json/*.ndjson. The compiler's own estimate counts ALUTs, of which an ALM holds two, so it
is a note and no figure; ALMs come from Quartus ("quartusFit..."), which may not have run ("TBD").
Layout: hls4ml's reader and its test reports (docs/vendor.md).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edgeml.figures import LayerFigures, Usage
from edgeml.vendor.base import Format, Level, Reading, VendorReport, between, exactly

_ASSIGNMENT = re.compile(r"var\s+(\w+)\s*=\s*")
_JOINED = re.compile(r'"\s*\+\s*"')


def read_quartus(report: VendorReport) -> Reading | None:
    """The fitter's figures in quartus_data.js, quartus.json or quartus.ndjson; None if it has not run."""
    objects = _objects(report)
    clocks: Any = _nodes(report, objects, "quartusFitClockSummary")
    nodes: Any = _nodes(report, objects, "quartusFitResourceUsageSummary")
    if not nodes or str(nodes[0].get("alm", "TBD")) in ("TBD", ""):
        return None
    whole = next((node for node in nodes if node.get("type") == "system"), nodes[-1])
    clock = clocks[0] if clocks else {}
    fmax = next((clock[key] for key in ("clock fmax", "kernel clock fmax", "clock") if key in clock), "")
    return Reading(
        report=report.path,
        tool="Quartus",
        model=_model(report.path),
        root=_project(report.path),
        level=Level.ROUTED,
        usage=_fitted(report, whole),
        layers=tuple(
            LayerFigures(layer=str(node.get("name", "")), usage=_fitted(report, node))
            for node in nodes
            if node.get("type") == "kernel"
        ),
        fmax_mhz=exactly(report.number(str(fmax), 1)),
    )


def read_estimate(report: VendorReport) -> Reading:
    """report_data.js (i++) or summary.ndjson (oneAPI): the compiler's estimate."""
    objects = _objects(report)
    area: Any = objects.get("areaJSON")
    rows: Any = objects.get("", [])
    kernels: tuple[LayerFigures, ...] = ()
    if isinstance(area, dict):
        total, head = area.get("total"), area
    else:
        head = next((row for row in rows if row.get("summary_type") == "estimatedResources"), {})
        mine = [row for row in rows if row.get("parent") == "estimatedResources"]
        total = next((row.get("data") for row in mine if row.get("name") == "Total"), None)
        kernels = tuple(
            LayerFigures(layer=str(row["name"]), usage=_estimated(report, head, row["data"]))
            for row in mine
            if row.get("debug") is not None
        )
    if not isinstance(total, list):
        report.fail("holds no total of estimated resources", 1)
    return Reading(
        report=report.path,
        tool="Intel HLS" if isinstance(area, dict) else "oneAPI",
        model=_model(report.path),
        root=_project(report.path),
        level=Level.ESTIMATED,
        usage=_estimated(report, head, total),
        layers=kernels,
        notes=(f"the compiler estimates {total[0]} ALUTs; an ALM holds two, so this is no count of ALMs",),
    )


def read_verification(report: VendorReport) -> Reading | None:
    """verification_data.js (i++): latency and interval of a simulation; None if it has not run."""
    functions: Any = _objects(report).get("verifJSON", {}).get("functions", [])
    if not functions or len(functions[0].get("data", ())) < 3:
        return None
    latency, interval = (str(cell).split(",") for cell in functions[0]["data"][1:3])
    cycles, notes = between("latency", report.number(latency[0], 1), report.number(latency[1], 1))
    ii, ii_notes = between("interval", report.number(interval[0], 1), report.number(interval[1], 1))
    return Reading(
        report=report.path,
        tool="Intel HLS simulation",
        model=_model(report.path),
        root=_project(report.path),
        level=Level.SIMULATED,
        cycles=cycles,
        ii=ii,
        notes=notes + ii_notes,
    )


def _fitted(report: VendorReport, node: dict[str, Any]) -> Usage:
    def cell(key: str) -> float | None:
        return report.number(str(node.get(key, "")), 1)

    return Usage(
        lut=exactly(cell("alm")), ff=exactly(cell("reg")), dsp=exactly(cell("dsp")), bram=exactly(cell("ram"))
    )


def _estimated(report: VendorReport, head: dict[str, Any], data: list[Any]) -> Usage:
    """The columns that the head names. A DSP block holds several of the fractional ones: "Frac. DSPs"."""
    names = [str(name).strip() for name in head.get("columns", ())]
    names = [name for name in names if name not in ("", "Kernel Name", "Details")]
    cells = {name: report.number(str(cell), 1) for name, cell in zip(names, data, strict=False)}
    missing = [name for name in ("ALUTs", "FFs", "RAMs", "DSPs") if name not in cells]
    if missing:
        report.fail(f"the estimated resources have no column {missing[0]}", 1)
    dsp = cells["DSPs"]
    if dsp is not None and (parts := cells.get("Frac. DSPs")):
        dsp += parts / float(head.get("dsp_packing_factor", 1))
    return Usage(ff=exactly(cells["FFs"]), dsp=exactly(dsp), bram=exactly(cells["RAMs"]))


def _project(path: Path) -> Path:
    """X.prj of X.prj/reports/...; else the file's folder."""
    return next((parent for parent in path.parents if parent.suffix == ".prj"), path.parent)


def _model(path: Path) -> str:
    """The design's name from that of its .prj folder."""
    name = _project(path).name.removesuffix(".prj")
    return re.sub(r"(\.(fpga|report|fpga_emu|fpga_sim)|-fpga)$", "", name)


def _nodes(report: VendorReport, objects: dict[str, Any], key: str) -> Any:
    places = [
        objects,
        objects.get("quartusJSON", {}),
        *(row for row in objects.get("", []) if isinstance(row, dict)),
    ]
    summary: Any = next((place[key] for place in places if key in place), None)
    if not isinstance(summary, dict) or not isinstance(summary.get("nodes"), list):
        report.fail(f"holds no {key}", 1)
    return summary["nodes"]


def _objects(report: VendorReport) -> dict[str, Any]:
    """Variables of a .js file by name, or the objects of a .json or .ndjson file under ""."""
    if report.path.suffix != ".js":
        return {"": [_decoded(report, text, n) for n, text in enumerate(report.lines, 1) if text.strip()]}
    text = _JOINED.sub("", report.text)
    objects: dict[str, Any] = {}
    decoder = json.JSONDecoder()
    for match in _ASSIGNMENT.finditer(text):
        if match[1] == "fileJSON":
            continue  # source texts, quoted as JavaScript strings
        try:
            objects[match[1]] = decoder.raw_decode(text, match.end())[0]
        except ValueError as error:
            report.fail(f"variable {match[1]} is not JSON: {error}", text.count("\n", 0, match.end()) + 1)
    return objects


def _decoded(report: VendorReport, text: str, line: int) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        report.fail(f"is not one JSON object per line: {error}", line)


def _shaped(read: Callable[[VendorReport], Reading | None]) -> Callable[[VendorReport], Reading | None]:
    """A reader that refuses JSON of another shape than it expects."""

    def guarded(report: VendorReport) -> Reading | None:
        try:
            return read(report)
        except (AttributeError, IndexError, KeyError, TypeError, ZeroDivisionError) as error:
            report.fail(f"is JSON of an unknown shape: {error}", 1)

    return guarded


FORMATS = (
    Format(
        "Quartus result of an HLS project",
        ("lib/quartus_data.js", "json/quartus.json", "json/quartus.ndjson"),
        r"quartusFit",
        _shaped(read_quartus),
    ),
    Format(
        "Intel HLS estimate",
        ("lib/report_data.js", "json/summary.ndjson"),
        r"areaJSON|estimatedResources",
        _shaped(read_estimate),
    ),
    Format("Intel HLS simulation", ("lib/verification_data.js",), r"verifJSON", _shaped(read_verification)),
)
