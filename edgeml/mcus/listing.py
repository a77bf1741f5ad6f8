"""A program taken apart by objdump: sections, functions and the classes of its instructions.

Invariant: sizes are those of the linked program, byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edgeml.errors import EdgemlError
from edgeml.mcus.cores import InstructionClass, McuCore
from edgeml.mcus.program import compiler
from edgeml.scratch import scratch_folder
from edgeml.tools import run

_SECONDS = 120.0
_SECTION = re.compile(r"^\s*\d+ (\.\S+)\s+([0-9a-f]{8,16})\s", re.MULTILINE)
_SYMBOL = re.compile(r"^([0-9a-f]{8,16}) .{7} (\S+)\s+([0-9a-f]{8,16}) (?:\.hidden )?(\S+)$", re.MULTILINE)
_INSTRUCTION = re.compile(r"^\s*([0-9a-f]+):\s+(\S+)", re.MULTILINE)
_CLONE = re.compile(r"\.(constprop|isra|part|cold|lto_priv)(\.\d+)?")

_CLASSES = (
    (re.compile(r"(push|pop|ldm|stm|vldm|vstm|vpush|vpop)"), InstructionClass.MULTIPLE),
    (re.compile(r"(c\.)?(ldr|lb|lh|lw|tbb|tbh)"), InstructionClass.LOAD),
    (re.compile(r"(c\.)?(str|sb$|sh$|sw$|swsp)"), InstructionClass.STORE),
    (re.compile(r"([su]div|div|rem)"), InstructionClass.DIVIDE),
    (re.compile(r"(mul|mla|mls|[su]mul|[su]mla|[su]mmul|smm)"), InstructionClass.MULTIPLY),
    (
        re.compile(
            r"(b(l|x|lx)?(eq|ne|cs|cc|hs|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)?(\.[nw])?$|cbn?z|j|ret|b\w+z?$)"
        ),
        InstructionClass.BRANCH,
    ),
)
_NO_BRANCH = re.compile(r"(bic|bfi|bfc|bkpt)")


def classify(mnemonic: str) -> InstructionClass:
    """The class of an instruction of Arm or RISC-V, by its name in a listing.

    >>> [classify(name).value for name in ("ldrsb", "bics", "bne.n", "bnez", "smlabb", "pop", "adds")]
    ['load', 'other', 'branch', 'branch', 'multiply', 'multiple', 'other']
    """
    if _NO_BRANCH.match(mnemonic):
        return InstructionClass.OTHER
    return next((kind for pattern, kind in _CLASSES if pattern.match(mnemonic)), InstructionClass.OTHER)


@dataclass(frozen=True)
class Symbol:
    """A function or array of a program.

    Args:
        name: in C.
        section: that it lies in.
        at: its address.
        size: bytes.
    """

    name: str
    section: str
    at: int
    size: int


@dataclass(frozen=True)
class Listing:
    """The parts of a program.

    Args:
        sections: bytes by section.
        symbols: functions and arrays.
        instructions: the class of each by its address, in the order of addresses.
    """

    sections: Mapping[str, int]
    symbols: tuple[Symbol, ...]
    instructions: Mapping[int, InstructionClass]

    def bytes_of(self, *names: str) -> int:
        """Bytes of some sections together."""
        return sum(self.sections.get(name, 0) for name in names)


def listing(core: McuCore, program: Path) -> Listing:
    """The parts of a program that was built for a core.

    Raises:
        MissingToolError: the compiler, beside which objdump lies, is missing.
        EdgemlError: objdump is missing or fails, or its output cannot be read.
    """
    gcc = compiler(core).path
    objdump = gcc.with_name(re.sub(r"gcc(?!.*gcc)", "objdump", gcc.name))
    with scratch_folder() as folder:
        words = [objdump, "-h", "-t", "-d", "--no-show-raw-insn", program]
        text = run(words, Path(folder), Path(folder) / "log", _SECONDS).output
    result = parse(text)
    if not result.sections or not result.instructions:
        raise EdgemlError("its output has no sections or no instructions", objdump.name, str(program))
    return result


def parse(text: str) -> Listing:
    """The parts of a program from objdump's output with -h, -t and -d."""
    head, _, code = text.partition("Disassembly of section")
    sections = {name: int(size, 16) for name, size in _SECTION.findall(head)}
    symbols = tuple(
        Symbol(_CLONE.sub("", name), section, int(at, 16), int(size, 16))
        for at, section, size, name in _SYMBOL.findall(head)
        if int(size, 16)
    )
    instructions = {int(at, 16): classify(name) for at, name in _INSTRUCTION.findall(code)}
    return Listing(sections, symbols, dict(sorted(instructions.items())))
