"""Facts of the hardware: figures of designs, the boards they are for, and rows that follow from them.

Invariant: a row is from one source; sources stand beside each other and are never mixed in one row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from pydantic import model_validator

from edgeml.boards import Board
from edgeml.documents import Record
from edgeml.figures import KINDS, Figure, Hardware, Reached, Source
from edgeml.report.section import RunPart, SectionFacts

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
        same = ("name", "title", "vendor", "family", "part", "clock_mhz")
        return cls(
            **{field: getattr(board, field) for field in same},
            flow=board.flow.value,
            lut_kind=board.resources.lut_kind,
            dsp_kind=board.resources.dsp_kind,
            capacity={kind: count for kind, count in have.items() if count is not None},
        )


class _Row(Record):
    """The fields of every row: the design, its source, and intervals.

    Attributes:
        board: "" for a bare part.
        reached: how far a vendor's flow had come.
        low: lower ends of the intervals of an estimate, by figure; a tool's count has none.
        high: upper ends.
    """

    board: str
    part: str
    design: str
    settings: str
    source: Source
    reached: Reached
    low: Mapping[str, float] = {}
    high: Mapping[str, float] = {}

    @classmethod
    def of(cls, item: Hardware, figures: Mapping[str, Figure | None], **more: Any) -> Self:
        """The row of a design; a figure that the source does not report is None.

        Args:
            item: the design.
            figures: by the names of the fields.
            **more: values of further fields.
        """
        whose = {name: getattr(item, name) for name in _Row.model_fields if name not in ("low", "high")}
        stated = {name: figure for name, figure in figures.items() if figure is not None}
        ends = {
            end: {name: value for name, it in stated.items() if (value := getattr(it, end)) is not None}
            for end in ("low", "high")
        }
        values = {name: stated[name].value if name in stated else None for name in figures}
        return cls.model_validate({**whose, **values, **ends, **more})


class ResourceRow(_Row):
    """The resources of a design by one source, in the units of `edgeml.figures`."""

    lut: float | None
    ff: float | None
    dsp: float | None
    bram: float | None
    uram: float | None


class LatencyRow(_Row):
    """The speed of a design by one source.

    Attributes:
        cycles: latency of a sample.
        ii: cycles from one sample to the next.
        clock_mhz: see `Hardware.cycle_mhz`.
        ns: latency of a sample.
    """

    cycles: float | None
    ii: float | None
    clock_mhz: float | None
    ns: float | None


def resource_rows(designs: Sequence[Hardware]) -> tuple[ResourceRow, ...]:
    """The `resources` of report.json: a row per design, board and source that tells of resources."""
    return tuple(
        ResourceRow.of(item, {kind: getattr(item.total, kind) for kind in KINDS})
        for item in designs
        if item.total.present()
    )


def latency_rows(designs: Sequence[Hardware]) -> tuple[LatencyRow, ...]:
    """The `latency` of report.json: a row per design, board and source that tells of cycles."""
    return tuple(
        LatencyRow.of(
            item,
            {"cycles": item.cycles, "ii": item.ii, "ns": item.latency_ns},
            clock_mhz=item.cycle_mhz,
        )
        for item in designs
        if item.cycles is not None or item.ii is not None
    )


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
