"""The description of a processor core: how C is compiled for it, the machine that QEMU emulates, its cycles.

To add a core, add a file `mcus/cores/<name>.py` with `CORE = McuCore(...)`. Nothing has to be registered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, unique


@unique
class InstructionClass(Enum):
    """Classes of instructions whose cycles a manual states apart."""

    LOAD = "load"
    STORE = "store"
    MULTIPLY = "multiply"
    DIVIDE = "divide"
    BRANCH = "branch"
    """The last of a block, taken or not."""
    MULTIPLE = "multiple"
    """Loads and stores of several registers, PUSH and POP."""
    OTHER = "other"


@dataclass(frozen=True)
class Timing:
    """Cycles of one instruction by class, without wait states of the memory.

    Args:
        cycles: the fewest and the most of every class.
        document: the document that the figures are from, or the reason for the assumption.
        url: its address.
    """

    cycles: Mapping[InstructionClass, tuple[float, float]]
    document: str
    url: str


@dataclass(frozen=True)
class Area:
    """A part of a machine's memory.

    Args:
        at: its first address.
        size: bytes.
    """

    at: int
    size: int


@dataclass(frozen=True)
class SerialLine:
    """The serial line of a machine that results leave on.

    Args:
        driver: file of `hw/emulation`.
        at: address of its registers.
    """

    driver: str
    at: int


@dataclass(frozen=True)
class McuCore:
    """A processor core and the machine that stands for it.

    Args:
        name: the file's name, with - for _.
        title: the name its maker gives it.
        compiler: the tool that compiles for it.
        flags: of the compiler, that choose it.
        emulator: the tool that runs programs for it.
        machine: arguments of the emulator that choose the machine.
        startup: file of `hw/emulation` with its start-up code.
        flash: memory for code and constants on the machine.
        ram: memory for data and the stack on the machine.
        line: serial line of the machine.
        timing: cycles of instructions.
    """

    name: str
    title: str
    compiler: str
    flags: tuple[str, ...]
    emulator: str
    machine: tuple[str, ...]
    startup: str
    flash: Area
    ram: Area
    line: SerialLine
    timing: Timing
