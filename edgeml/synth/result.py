"""Turns the files of the tools into a `Hardware`.

Invariant: a figure is from the last tool that counts it, and the notes say where that differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from edgeml import fits
from edgeml.boards import Board
from edgeml.errors import EdgemlError
from edgeml.families import Family
from edgeml.figures import KINDS, Figure, Hop, Usage
from edgeml.synth.layers import Instance, layer_of
from edgeml.synth.place import PlacementReport, Segment
from edgeml.tools.yosys import instance_path


def refuse_what_does_not_fit(usage: Usage, board: Board, what: str) -> None:
    """Refuse a design that needs more than the board has, by count.

    Raises:
        EdgemlError: with the counts, the capacities and what would help.
    """
    over = [
        f"{need.low:,.0f} {need.kind.upper()}, the board has {need.capacity:,}"
        for need in fits.needs(usage, fits.capacities(board))
        if need.state == "does not fit"
    ]
    if over:
        raise EdgemlError(
            f"does not fit {board.title}: {what} counts {'; '.join(over)}",
            board.name,
            "take a larger board; fewer bits or smaller layers; or fold the dense layers: --fit, or "
            "--set verilog.mode=stream --set verilog.reuse_factor=N",
        )


def placed_usage(report: PlacementReport, family: Family, synthesized: Usage) -> Usage:
    """Resources after place and route; what nextpnr does not count stays as synthesis has it.

    Raises:
        EdgemlError: the report lacks a cell that the family should have.
    """
    counts: Mapping[str, str] = family.open.counts if family.open is not None else {}
    cells = {kind: names.split() for kind, names in counts.items()}
    missing = sorted({cell for names in cells.values() for cell in names} - set(report.used))
    if missing:
        raise EdgemlError(
            f"does not count {', '.join(missing)}", "nextpnr's report", f"it counts {', '.join(report.used)}"
        )
    figures = {kind: Figure(value=sum(report.used[cell] for cell in names)) for kind, names in cells.items()}
    return Usage(**{kind: figures.get(kind, getattr(synthesized, kind)) for kind in KINDS})


def hops(path: Iterable[Segment], prefix: Instance, names: Iterable[str]) -> tuple[Hop, ...]:
    """The critical path as one hop per layer that it goes through, one after the other.

    The delay of a wire belongs to the layer of the cell that drives it.

    Args:
        path: segments from register to register.
        prefix: path of the design in the netlist.
        names: names of layers.
    """
    layers = tuple(names)
    groups: list[tuple[str, list[Segment]]] = []
    for segment in path:
        layer = layer_of(instance_path(segment.cell), prefix, layers)
        if not groups or groups[-1][0] != layer:
            groups.append((layer, []))
        groups[-1][1].append(segment)
    return tuple(
        Hop(layer=layer, ns=round(sum(s.ns for s in part), 3), what=_segments_text(part))
        for layer, part in groups
    )


def unattributed(path: Iterable[Hop]) -> float:
    """The share of the critical path that is in no layer."""
    rows = tuple(path)
    total = sum(hop.ns for hop in rows)
    return sum(hop.ns for hop in rows if not hop.layer) / total if total else 0.0


def _segments_text(part: list[Segment]) -> str:
    logic = sum(segment.kind == "logic" for segment in part)
    wires = sum(segment.ns for segment in part if segment.kind == "routing")
    return f"{logic} cells, {wires:.1f} ns of wires"
