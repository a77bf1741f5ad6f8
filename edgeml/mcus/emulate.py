"""A program run by QEMU: samples in, results out, the stack that was used, instructions by function.

Samples are put into the machine's memory and results leave on its serial line, so that what runs there has no
way to this machine: no files, no calls (QEMU's semihosting stays off). What does not fit into the memory runs
in turns. Counts come from a plugin of QEMU (`hw/emulation/count.c`), which is compiled for this machine when
it is first needed.

Invariant: a program ends within its time, and every end but the expected one is an error that names the log.
"""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edgeml import limits, tools
from edgeml.cache import cache_folder, digest
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.files import read_bytes
from edgeml.mcus.cores import McuCore
from edgeml.mcus.program import harness_file
from edgeml.scratch import scratch_folder
from edgeml.tools import InstalledTool, run, version_number

SECONDS = 900.0
"""The longest that an emulation takes."""

_PLUGIN = "count.c"
_MAGIC = 0x4C4D4745
_INBOX = struct.Struct("<IIII")
"""Behind the samples, at the end of the flash: see `hw/emulation/channel.h`."""

_REPORT = struct.Struct("<IIII")
"""Behind the results, at the end of the line."""

_LOAD = 1
"""The type of a part of an ELF file that is loaded."""

_ENDS = {
    2: "the emulated program did not read all of its samples",
    3: "the emulated program faulted",
    4: "the model refused a sample",
}


@dataclass(frozen=True)
class Block:
    """Instructions that always run together.

    Args:
        role: number of the function that they count for.
        at: address of the first.
        instructions: how many.
        runs: how often they ran.
    """

    role: int
    at: int
    instructions: int
    runs: int


@dataclass(frozen=True)
class Emulated:
    """The results of a program.

    Args:
        output: bytes that it wrote, sample by sample.
        samples: how many it ran.
        stack: bytes of stack that the model used at most.
        blocks: what ran in the model, if it was counted.
    """

    output: bytes
    samples: int
    stack: int
    blocks: tuple[Block, ...] = ()


def emulator(core: McuCore) -> InstalledTool:
    """The emulator of a core.

    Raises:
        MissingToolError: it is not there; says how to get it.
    """
    tool = tools.load(core.emulator)
    installed = tool.find()
    if installed is None:
        raise MissingToolError(f"{tool.executables[0]} is not installed", core.title, tool.install)
    return installed


def emulate(
    core: McuCore,
    program: Path,
    data: bytes,
    samples: int,
    functions: Sequence[tuple[int, int, int]] = (),
    seconds: float = SECONDS,
) -> Emulated:
    """Run a program on samples.

    Args:
        core: for which it was built.
        program: as `build` returned it.
        data: the samples' codes, one after the other.
        samples: how many there are, at least one, all of one size.
        functions: first address, address behind the end and role of functions; if there are any, instructions
            are counted. Role 0 is a function around the model.
        seconds: time limit.

    Raises:
        MissingToolError: the emulator is missing, or g++, if instructions are counted.
        EdgemlError: a sample does not fit into the machine's flash beside the program; the program did not
            end, or not as it should; names the log.
    """
    qemu = emulator(core)
    log = program.parent / f"run-{os.getpid()}.log"
    size = len(data) // samples
    turn = _room(core, program) // size
    if turn < 1:
        raise EdgemlError(
            f"a sample has {size:,} bytes, more than the emulated machine has left in its flash",
            core.name,
            "check it on another core",
        )
    end, parts = time.monotonic() + seconds, list[Emulated]()
    for first in range(0, samples, turn):
        part = data[first * size : (first + turn) * size]
        parts.append(
            _turn(core, qemu, program, part, functions, max(round(end - time.monotonic(), 1), 0.1), log)
        )
    log.unlink(missing_ok=True)
    return Emulated(
        b"".join(part.output for part in parts),
        sum(part.samples for part in parts),
        max(part.stack for part in parts),
        tuple(block for part in parts for block in part.blocks),
    )


def _turn(
    core: McuCore,
    qemu: InstalledTool,
    program: Path,
    data: bytes,
    functions: Sequence[tuple[int, int, int]],
    seconds: float,
    log: Path,
) -> Emulated:
    """Run a program on samples that fit into the machine's flash."""
    with scratch_folder() as name:
        folder = Path(name)
        padded = data + bytes(-len(data) % _INBOX.size)
        at = core.flash.at + core.flash.size - _INBOX.size - len(padded)
        (folder / "in").write_bytes(padded + _INBOX.pack(_MAGIC, at, len(data), 0))
        words: list[str | Path] = [
            *(qemu.path, *core.machine, "-kernel", program.resolve(), "-nographic", "-no-reboot"),
            *("-monitor", "none", "-serial", "file:out"),
            *("-device", f"loader,file=in,addr={at:#x},force-raw=on"),
        ]
        if functions:
            lines = "".join(f"{start:x} {end:x} {role}\n" for start, end, role in functions)
            (folder / "functions").write_text(lines)
            plugin = str(_plugin(qemu)).replace(",", ",,")  # as QEMU wants a comma in a path
            words += ["-plugin", f"file={plugin},out=counts,functions=functions"]
        run(words, folder, log, seconds)
        result = results(folder / "out", core, log)
        blocks = counted(folder / "counts", core, log) if functions else ()
    return replace(result, blocks=blocks)


def _room(core: McuCore, program: Path) -> int:
    """Bytes of the machine's flash that a program leaves free for samples.

    Raises:
        EdgemlError: the program cannot be read.
    """
    elf = read_bytes(program, "program")
    try:
        start, size, number = struct.unpack_from("<I10xHH", elf, 28)
        loaded = [struct.unpack_from("<IIIII", elf, start + at * size) for at in range(number)]
    except struct.error:
        raise EdgemlError("is no ELF file of 32 bits", str(program), "delete it") from None
    parts = [(place, length) for kind, _, _, place, length in loaded if kind == _LOAD]
    ends = [place + length for place, length in parts if 0 <= place - core.flash.at < core.flash.size]
    end = core.flash.at + core.flash.size - 2 * _INBOX.size
    return end - max(ends, default=core.flash.at)


def results(out: Path, core: McuCore, log: Path) -> Emulated:
    """The results that a program sent: its outputs and, behind them, its report.

    Raises:
        EdgemlError: they are not there or damaged, or the program did not end well; names the log.
    """
    line = read_bytes(out, "output of a program") if out.is_file() else b""
    report = _REPORT.unpack(line[-_REPORT.size :]) if len(line) >= _REPORT.size else (0, 0, 0, 0)
    magic, code, samples, stack = report
    if magic == _MAGIC and code in _ENDS:
        raise EdgemlError(_ENDS[code], core.name, f"all output is in {log}")
    if magic != _MAGIC or code:
        raise EdgemlError(
            "ended without an error and without its results", core.name, f"all output is in {log}"
        )
    return Emulated(line[: -_REPORT.size], samples, stack)


def counted(counts: Path, core: McuCore, log: Path) -> tuple[Block, ...]:
    """The blocks of instructions that QEMU's plugin counted.

    Raises:
        EdgemlError: it did not count, or wrote something else; names the log.
    """
    try:
        text = read_bytes(counts, "counts of instructions", limits.TEXT).decode() if counts.is_file() else "-"
        rows: Iterable[list[str]] = [line.split() for line in text.splitlines()]
        return tuple(Block(int(role), int(at, 16), int(n), int(runs)) for role, at, n, runs in rows)
    except ValueError:
        raise EdgemlError(
            "did not count instructions: this QEMU has no plugins, or other ones",
            core.name,
            f"all output is in {log}",
        ) from None


def _plugin(qemu: InstalledTool) -> Path:
    """The plugin that counts, compiled for this machine.

    Raises:
        MissingToolError: g++ is missing.
        EdgemlError: it does not compile; names the log.
    """
    gxx = tools.need("gxx")
    version = 1 if version_number(qemu.version) < (9,) else 2
    source = harness_file(_PLUGIN)
    name = digest([str(gxx.path), gxx.version, str(version), read_bytes(source, "C file")])
    target = cache_folder("mcu") / name / "count.so"
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        with scratch_folder(target.parent) as scratch:
            fresh = Path(scratch) / "count.so"
            words = [
                *(gxx.path, "-x", "c", "-std=c11", "-O2", "-shared", "-fPIC", "-fvisibility=hidden"),
                *(f"-DPLUGIN_VERSION={version}", source, "-o", fresh),
            ]
            run(words, Path(scratch), target.parent / "compile.log", 120.0, writes=[fresh])
            fresh.replace(target)
    return target
