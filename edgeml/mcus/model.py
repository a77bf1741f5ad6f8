"""The description of a microcontroller: core, memory, clock, and the documents that the figures are from.

Units: memory in KiB (1024 bytes), clocks in MHz. `flash` is what code and constants can lie in; `ram` is the
largest block of memory in one piece that data and the stack can lie in. A board's file, whose chip has its
flash outside, gives the flash of that board and says so in its comment.

Invariant: a figure that could not be verified is left out, not guessed; every table names its document.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from edgeml.boards.model import BoardName, Label, Megahertz, Url
from edgeml.errors import EdgemlError
from edgeml.mcus import cores
from edgeml.settings import Settings


def _core(name: str) -> str:
    try:
        cores.load(name)
    except EdgemlError as error:
        raise ValueError(str(error)) from None
    return name


class MemoryBlock(Settings):
    """One block of memory.

    Args:
        kib: its size.
        at: its first address, as the linker has it.
    """

    kib: Annotated[int, Field(gt=0, le=1 << 20)]
    at: Annotated[int, Field(ge=0, lt=1 << 32)]

    @property
    def size(self) -> int:
        """Bytes."""
        return self.kib * 1024


class McuSource(Settings):
    """A document, and the parts of this file whose figures are from it.

    Args:
        covers: the parts.
        document: its name.
        url: its address.
        compared: whether the figures were compared with it, one by one.
    """

    covers: Annotated[tuple[Literal["core", "memory", "clock"], ...], Field(min_length=1)]
    document: Label
    url: Url
    compared: bool = False


class Mcu(Settings):
    """A microcontroller.

    Args:
        name: the file name without its suffix.
        title: the name its maker gives it.
        vendor: who makes it.
        core: a name of `cores.names()`: the core, or the one whose instructions it has.
        clock_mhz: its highest clock.
        fpu: floating-point unit; emitted C has no use for one.
        dsp: whether it has the DSP extension of Arm (SMLAD).
        flash: code and constants.
        ram: data and the stack.
        sources: the documents.
    """

    name: BoardName
    title: Label
    vendor: Label
    core: Annotated[str, AfterValidator(_core)]
    clock_mhz: Megahertz
    fpu: Literal["none", "single", "double"]
    dsp: bool
    flash: MemoryBlock
    ram: MemoryBlock
    sources: Annotated[tuple[McuSource, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _is_cited(self) -> Self:
        uncited = {"core", "memory", "clock"} - {part for source in self.sources for part in source.covers}
        if uncited:
            raise ValueError(f"no source covers {', '.join(sorted(uncited))}")
        return self
