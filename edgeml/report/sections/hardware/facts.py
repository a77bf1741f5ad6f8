"""Facts of the hardware: figures of designs, the boards they are for, and rows that follow from them.

Invariant: a row is from one source; sources stand beside each other and are never mixed in one row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from pydantic import model_validator

from edgeml.boards import Board
from edgeml.documents import Record
from edgeml.figures import KINDS, Hardware, Reached, Source
from edgeml.report.numbers import figure
from edgeml.report.section import RunPart, SectionFacts
from edgeml.report.sections.hardware.times import latency_ns

KIND_NAMES: Mapping[str, str] = {"lut": "LUT", "ff": "FF", "dsp": "DSP", "bram": "BRAM", "uram": "large RAM"}
"""Name of each resource."""

MAIN_KINDS = ("lut", "ff", "dsp", "bram")
"""The resources that every comparison shows."""


class BoardFacts(Record):
    """A board, or a bare part.

    Attributes:
        name: of its file.
        clock_mhz: the clock designs are made for by default.
        lut_kind: what a LUT is here: a 6-input or 4-input table, or an ALM; counts of unlike kinds do not
            compare.
        capacity: of the whole device, by kind, in the units of `edgeml.figures`.
    """

    name: str
    title: str
    vendor: str
    family: str
    part: str
    flow: str
    clock_mhz: float
    lut_kind: str
    dsp_kind: str
    capacity: Mapping[str, int]

    @classmethod
    def of(cls, board: Board) -> BoardFacts:
        """The facts of a board that the report needs."""
        have = {kind: getattr(board.resources, kind) for kind in KINDS}
        return cls(
            name=board.name,
            title=board.title,
            vendor=board.vendor,
            family=board.family,
            part=board.part,
            flow=board.flow.value,
            clock_mhz=board.clock_mhz,
            lut_kind=board.resources.lut_kind,
            dsp_kind=board.resources.dsp_kind,
            capacity={kind: count for kind, count in have.items() if count is not None},
        )


class ResourceRow(Record):
    """The resources of a design by one source; None for a kind that it does not report.

    Attributes:
        board: "" for a bare part.
        reached: how far a vendor's flow had come.
        low: lower ends of the intervals of an estimate, by kind; a tool's count has none.
        high: upper ends.
    """

    board: str
    part: str
    design: str
    settings: str
    source: Source
    reached: Reached
    lut: float | None
    ff: float | None
    dsp: float | None
    bram: float | None
    uram: float | None
    low: Mapping[str, float] = {}
    high: Mapping[str, float] = {}


class LatencyRow(Record):
    """The speed of a design by one source; None for a figure that it does not report.

    Attributes:
        cycles: latency of a sample.
        ii: cycles from one sample to the next.
        clock_mhz: see `Hardware.cycle_mhz`.
        ns: latency of a sample.
        low: lower ends of the intervals of an estimate, by "cycles", "ii", "ns".
        high: upper ends.
    """

    board: str
    part: str
    design: str
    settings: str
    source: Source
    reached: Reached
    cycles: float | None
    ii: float | None
    clock_mhz: float | None
    ns: float | None
    low: Mapping[str, float] = {}
    high: Mapping[str, float] = {}


def resource_rows(designs: Sequence[Hardware]) -> tuple[ResourceRow, ...]:
    """The `resources` of report.json: a row per design, board and source that tells of resources."""
    rows: list[ResourceRow] = []
    for item in designs:
        figures = item.total.present()
        if not figures:
            continue
        values = {kind: figures[kind].value if kind in figures else None for kind in KINDS}
        low = {kind: f.low for kind, f in figures.items() if f.low is not None}
        high = {kind: f.high for kind, f in figures.items() if f.high is not None}
        rows.append(ResourceRow.model_validate({**_whose(item), **values, "low": low, "high": high}))
    return tuple(rows)


def latency_rows(designs: Sequence[Hardware]) -> tuple[LatencyRow, ...]:
    """The `latency` of report.json: a row per design, board and source that tells of cycles."""
    rows: list[LatencyRow] = []
    for item in designs:
        if item.cycles is None and item.ii is None:
            continue
        numbers = {"cycles": figure(item.cycles, item.source), "ii": figure(item.ii, item.source)}
        numbers["ns"] = latency_ns(item)
        values = {name: number.value for name, number in numbers.items()}
        low = {name: n.low for name, n in numbers.items() if n.low is not None}
        high = {name: n.high for name, n in numbers.items() if n.high is not None}
        ends = {"clock_mhz": item.cycle_mhz, "low": low, "high": high}
        rows.append(LatencyRow.model_validate({**_whose(item), **values, **ends}))
    return tuple(rows)


def _whose(item: Hardware) -> dict[str, Any]:
    return {
        "board": item.board,
        "part": item.part,
        "design": item.design,
        "settings": item.settings,
        "source": item.source,
        "reached": item.reached,
    }


class HardwareFacts(SectionFacts):
    """Facts of the hardware.

    Attributes:
        target: the board that the run is built for.
        compared: the boards that were asked for, or else those taken to compare with.
        boards: every board that `hardware` names.
        hardware: what estimates and tools say, a design on a board by one source each.
        resources: rows that follow from `hardware`; so do those of `latency`.
        gaps: what of the hardware could not be estimated or read, and why, a sentence each.
    """

    may_be_missing: ClassVar[tuple[str, ...]] = ("resources", "latency")

    target: str = ""
    compared: tuple[str, ...] = ()
    boards: tuple[BoardFacts, ...] = ()
    hardware: tuple[Hardware, ...] = ()
    resources: tuple[ResourceRow, ...] = ()
    latency: tuple[LatencyRow, ...] = ()
    gaps: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _rows_follow(self) -> Self:
        if self.resources != resource_rows(self.hardware) or self.latency != latency_rows(self.hardware):
            raise ValueError("resources and latency are not those of hardware")
        return self


class HardwareRow(RunPart):
    """Figures of a run's designs.

    Attributes:
        hardware: best source of each design on the board that is compared on; without layers.
    """

    hardware: tuple[Hardware, ...] = ()
