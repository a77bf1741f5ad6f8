"""Readings of the same design at the same level become one row.

A placed design's utilization, its timing and its power lie in three files; so do an HLS module's report and
its XML. A figure in several files is taken from the one with the lowest `Format.rank` (a routed design before
a placed one), and a note says so if they differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgeml.figures import KINDS, Hardware, Usage
from edgeml.vendor.base import Level, Reading, joined


@dataclass(frozen=True)
class RankedReading:
    """A reading with its format's rank."""

    rank: int
    reading: Reading


def rows(readings: Iterable[RankedReading], folder: Path) -> list[Hardware]:
    """One `Hardware` per design and level, the nearest to the hardware first."""
    groups: dict[tuple[str, str, str, str], list[RankedReading]] = {}
    for item in _top_modules(list(readings)):
        reading = item.reading
        family = reading.tool.split(" ")[0] if reading.level is not Level.ESTIMATED else ""
        key = (str(reading.root), family, reading.level.reached, reading.model)
        groups.setdefault(key, []).append(item)
    designs = [_hardware(group, folder) for group in _placed(groups)]
    designs = _informed(designs)
    order = {"fitted": 0, "synthesized": 1, "simulated": 2, "estimated": 3, "": 4}
    return sorted(designs, key=lambda row: (order[row.reached], row.reports))


def _placed(groups: dict[tuple[str, str, str, str], list[RankedReading]]) -> list[list[RankedReading]]:
    """Readings without a level join the only group of their folder and design, if there is one."""
    placed = dict(groups)
    for key in [key for key in groups if not key[2]]:
        others = [k for k in placed if k[:2] == key[:2] and k[3] == key[3] and k[2]]
        if len(others) == 1:
            placed[others[0]] = placed[others[0]] + placed.pop(key)
    return list(placed.values())


def _top_modules(readings: list[RankedReading]) -> list[RankedReading]:
    """HLS solutions: the top's reports alone, with the layers of the network inside an AXI shell."""
    tops: list[RankedReading] = []
    for item in readings:
        reading = item.reading
        if reading.level is not Level.ESTIMATED:
            tops.append(item)
            continue
        siblings = [
            other.reading
            for other in readings
            if other.reading.root == reading.root and other.reading.level is Level.ESTIMATED
        ]
        named = next((r.model for r in siblings if r.names_top), "")
        used = {module for other in siblings for _, module in other.parts if module != other.model}
        if reading.model == named or (not named and reading.model not in used):
            tops.append(RankedReading(item.rank, _opened(reading, siblings)))
    return tops


def _opened(top: Reading, siblings: Sequence[Reading]) -> Reading:
    """Look through wrappers: an AXI shell around the network has one dataflow module in it."""
    layers, parts = top.layers, top.parts
    models = {top.model}
    while True:
        inner = [
            (name, sibling)
            for name, module in parts
            for sibling in siblings
            if sibling.model == module and sibling.dataflow and sibling.parts and module not in models
        ]
        if len(inner) != 1:
            return replace(top, layers=layers)
        name, module = inner[0]
        models.add(module.model)
        layers = tuple(x for layer in layers for x in (module.layers if layer.layer == name else (layer,)))
        parts = module.parts


def _hardware(group: list[RankedReading], folder: Path) -> Hardware:
    group = sorted(group, key=lambda item: (-item.reading.level, item.rank, item.reading.report))
    readings = [item.reading for item in group]
    first = readings[0]
    notes = [note for reading in readings for note in reading.notes]
    values: dict[str, Any] = {}
    for field in ("cycles", "ii", "clock_mhz", "fmax_mhz", "power_w"):
        values[field] = _first(field, [(r.report, getattr(r, field)) for r in readings], notes)
    usage = {
        kind: _first(kind, [(r.report, getattr(r.usage, kind)) for r in readings], notes) for kind in KINDS
    }
    level = max(reading.level for reading in readings)
    if level is Level.PLACED:
        notes.append("placed, but not routed: timing is an estimate of the wires")
    if level is Level.UNKNOWN:
        notes.append("the reports do not state the stage of the flow")
    return Hardware(
        design=_whose(first.report, folder),
        model=first.model,
        part=next((i.reading.part for i in sorted(group, key=lambda i: i.rank) if i.reading.part), ""),
        source="vendor",
        total=Usage(**usage),
        layers=next((r.layers for r in readings if r.layers), ()),
        **values,
        critical_path=next((r.critical_path for r in readings if r.critical_path), ()),
        tool=max((r.tool for r in readings), key=len),
        reached=level.reached,
        reports=tuple(_relative(r.report, folder) for r in readings),
        notes=joined(notes),
    )


def _first(name: str, stated: Sequence[tuple[Path, Any]], notes: list[str]) -> Any:
    """The value of the report with the lowest rank, and a note if another report differs."""
    stated_values = [(path, value) for path, value in stated if value is not None]
    if not stated_values:
        return None
    believed, value = stated_values[0]
    for path, other in stated_values[1:]:
        if abs(_number(other) - _number(value)) > 0.001 * max(1.0, abs(_number(value))):
            notes.append(
                f"{name}: {believed.name} says {_number(value):g}, {path.name} says {_number(other):g};"
                " the former is taken"
            )
    return value


def _number(value: Any) -> float:
    if isinstance(value, str):
        return 0.0
    return float(getattr(value, "value", value))


def _informed(designs: list[Hardware]) -> list[Hardware]:
    """A co-simulation states neither part nor clock; the estimate of the same solution does."""
    done: list[Hardware] = []
    for row in designs:
        if row.reached == "simulated":
            twins = [r for r in designs if r.reached == "estimated" and r.model == row.model and r.part]
            if twins:
                row = row.model_copy(
                    update={
                        "part": row.part or twins[0].part,
                        "clock_mhz": row.clock_mhz or twins[0].clock_mhz,
                    }
                )
        done.append(row)
    return done


def _relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def _whose(path: Path, folder: Path) -> Any:
    """The tool whose files lie in the folders above the report, up to the scanned folder."""
    for parent in path.parents:
        if not parent.is_relative_to(folder):
            break
        if (parent / "hls4ml_config.yml").is_file():
            return "hls4ml"
        if (parent / "edgeml.json").is_file():
            return "verilog"
    return "other"
