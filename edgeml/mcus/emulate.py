"""A program run by QEMU: samples in, results out, the stack that was used, instructions by function.

Files pass through semihosting. Counts come from a plugin of QEMU (`hw/emulation/count.c`), which is compiled
for this machine when it is first needed.

Invariant: a program ends within its time, and every end but the expected one is an error that names the log.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

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
_STATS = 8
"""Bytes of the two numbers in `stats`."""

_ENDS = {
    1: "the emulator ended with an error",
    2: "a file could not be read or written by the emulated program",
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
    functions: Sequence[tuple[int, int, int]] = (),
    seconds: float = SECONDS,
) -> Emulated:
    """Run a program on samples.

    Args:
        core: for which it was built.
        program: as `build` returned it.
        data: the samples' codes, one after the other.
        functions: first address, address behind the end and role of functions; if there are any, instructions
            are counted. Role 0 is a function around the model.
        seconds: time limit.

    Raises:
        MissingToolError: the emulator is missing, or g++, if instructions are counted.
        EdgemlError: it did not end, or not as it should; names the log.
    """
    qemu = emulator(core)
    log = program.parent / f"run-{os.getpid()}.log"
    with scratch_folder() as name:
        folder = Path(name)
        (folder / "in").write_bytes(data)
        words: list[str | Path] = [
            *(qemu.path, *core.machine, "-kernel", program.resolve(), "-nographic"),
            *("-monitor", "none", "-serial", "none"),
            *("-semihosting-config", "enable=on,target=native"),
        ]
        if functions:
            lines = "".join(f"{start:x} {end:x} {role}\n" for start, end, role in functions)
            (folder / "functions").write_text(lines)
            plugin = str(_plugin(qemu)).replace(",", ",,")  # as QEMU wants a comma in a path
            words += ["-plugin", f"file={plugin},out=counts,functions=functions"]
        done = run(words, folder, log, seconds, check=False)
        if done.code in _ENDS and done.code != 1:
            raise EdgemlError(_ENDS[done.code], core.name, f"all output is in {log}")
        if done.code:
            raise tools.failure(done)
        result = results(folder, core, log)
        blocks = counted(folder / "counts", core, log) if functions else ()
    log.unlink(missing_ok=True)
    return Emulated(result.output, result.samples, result.stack, blocks)


def results(folder: Path, core: McuCore, log: Path) -> Emulated:
    """The results that a program wrote: `out`, and its samples and stack in `stats`.

    Raises:
        EdgemlError: they are not there or damaged; names the log.
    """
    stats, out = folder / "stats", folder / "out"
    if not stats.is_file() or stats.stat().st_size != _STATS or not out.is_file():
        raise EdgemlError(
            "ended without an error and without its results", core.name, f"all output is in {log}"
        )
    samples, stack = np.frombuffer(read_bytes(stats, "statistics of a program"), "<u4").tolist()
    return Emulated(read_bytes(out, "output of a program"), samples, stack)


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
