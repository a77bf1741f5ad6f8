"""Facts of the emulation's speed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from edgeml.documents import Record
from edgeml.report.numbers import Number
from edgeml.report.section import RunPart, SectionFacts


class EmulationSpeed(Record):
    """Time per sample under ONNX Runtime, in microseconds.

    Attributes:
        exact: the exact model.
        float_: the float32 baseline.
        int8: the int8 baseline.
        samples: in the one batch that was timed.
        threads: of ONNX Runtime.
        repeats: runs, of which the fastest counts.
        alone: the same three by name for one sample at a time, which is the latency a caller sees.
    """

    exact: Number
    float_: Number = Field(alias="float")
    int8: Number
    alone: Mapping[str, Number]
    samples: int
    threads: int
    repeats: int


class SpeedFacts(SectionFacts):
    """Facts of the emulation's speed; `speed` is None if the exact graph is too wide for the emulator."""

    may_be_missing: ClassVar[tuple[str, ...]] = ("speed",)

    speed: EmulationSpeed | None = None


class SpeedRow(RunPart):
    """Speed of a run.

    Attributes:
        latency: nanoseconds of one sample under the exact emulator.
    """

    latency: Number
