"""Facts of the C on microcontrollers."""

from __future__ import annotations

from typing import ClassVar

from edgeml.documents import Record
from edgeml.fits import Verdict
from edgeml.footprint import CoreFigures
from edgeml.report.numbers import Number
from edgeml.report.section import RunPart, SectionFacts


class McuRow(Record):
    """The model on one microcontroller.

    Attributes:
        name: of the microcontroller.
        title: the name its maker gives it.
        core: its core.
        clock_mhz: its highest clock, at which the latency is.
        flash: bytes that the model takes.
        flash_capacity: bytes that there are.
        ram: bytes that the model takes: arena, stack, inputs and outputs.
        ram_capacity: bytes that there are.
        verdict: whether it fits.
        latency: nanoseconds of an inference, without wait states.
        lacking: what is missing, in words.
    """

    name: str
    title: str
    core: str
    clock_mhz: float
    flash: int
    flash_capacity: int
    ram: int
    ram_capacity: int
    verdict: Verdict
    latency: Number
    lacking: tuple[str, ...]


class McuFacts(SectionFacts):
    """Facts of the C on microcontrollers; empty if no core was measured.

    Attributes:
        microcontrollers: those whose core was measured.
        mcu_cores: the measured cores, with their layers.
        widest_layer: the layer during which most of the arena is in use.
        widest_bytes: that many bytes.
    """

    may_be_missing: ClassVar[tuple[str, ...]] = ("microcontrollers",)

    microcontrollers: tuple[McuRow, ...] = ()
    mcu_cores: tuple[CoreFigures, ...] = ()
    widest_layer: str = ""
    widest_bytes: int = 0


class FootprintRow(RunPart):
    """The footprint of a run on a Cortex-M4.

    Attributes:
        mcu_flash: bytes.
        mcu_ram: bytes.
    """

    mcu_flash: Number
    mcu_ram: Number
