"""The fit of a model on a microcontroller: bytes needed against bytes there."""

from __future__ import annotations

from dataclasses import dataclass

from edgeml.backends.c.largest import largest_text, widest_text
from edgeml.figures import Figure, nanoseconds
from edgeml.fits import Need, Verdict, worst
from edgeml.footprint.figures import CoreFigures, Footprint
from edgeml.mcus import Mcu


@dataclass(frozen=True)
class McuFit:
    """A model on a microcontroller.

    Args:
        mcu: the microcontroller.
        figures: of its core; None if they could not be measured.
        needs: flash and RAM; without figures the least that is known without a compiler.
        verdict: whether it fits; "unknown" where only the least is known and that fits.
        reason: why there are no figures; "" if there are.
        widest: the layers that take most of what is missing, in words; "" if nothing is missing.
    """

    mcu: Mcu
    figures: CoreFigures | None
    needs: tuple[Need, Need]
    verdict: Verdict
    reason: str
    widest: str

    @property
    def latency(self) -> Figure | None:
        """Nanoseconds of an inference at the highest clock, without wait states; None if not measured."""
        if self.figures is None:
            return None
        return self.figures.cycles.scaled(nanoseconds(1, self.mcu.clock_mhz))

    @property
    def lacking(self) -> tuple[str, ...]:
        """Missing bytes, in words: "RAM: 1,200 bytes missing of 33,968 needed"."""
        return tuple(
            f"{need.kind}: {need.low - need.capacity:,.0f} bytes missing of {need.low:,.0f} needed"
            for need in self.needs
            if need.state == "does not fit"
        )


def fit(mcu: Mcu, footprint: Footprint) -> McuFit:
    """The fit of a model on a microcontroller.

    Flash is what the model's code, constants and library functions take; RAM its arena, stack, inputs and
    outputs. The program around it comes on top, and that of "tight" is for: more than 80 % are taken.
    """
    figures = footprint.core(mcu.core)
    if figures is None:
        flash = footprint.constants
        ram = footprint.promised_arena + footprint.buffers
    else:
        flash, ram = figures.flash, figures.ram
    needs = Need("flash", Figure(value=flash), mcu.flash.size), Need("RAM", Figure(value=ram), mcu.ram.size)
    verdict = worst(needs)
    if figures is None and verdict != "does not fit":
        verdict = "unknown"
    reason = next((one.reason for one in footprint.missing if one.core == mcu.core), "")
    return McuFit(mcu, figures, needs, verdict, reason, _widest(footprint, figures, *needs))


def _widest(footprint: Footprint, figures: CoreFigures | None, flash: Need, ram: Need) -> str:
    """The layers that take most of what is missing, in words; "" if nothing is missing."""
    parts: list[str] = []
    if flash.state == "does not fit" and figures is not None and figures.layers:
        named = [one for one in figures.layers if one.layer] or figures.layers
        largest = max(named, key=lambda one: one.code + one.constants)
        parts.append(largest_text(largest.layer, largest.code + largest.constants, "flash"))
    elif flash.state == "does not fit" and footprint.largest:
        parts.append(largest_text(footprint.largest, footprint.largest_bytes, "constants"))
    if ram.state == "does not fit":
        parts.append(widest_text(footprint.widest, footprint.widest_bytes))
    return "; ".join(parts)
