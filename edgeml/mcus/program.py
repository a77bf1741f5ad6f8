"""A program for an emulated core: a model's C, the harness of `hw/emulation`, linked without a C library.

The model's code, constants and data have sections of their own in the program (`hw/emulation/program.ld`), so
that their sizes can be read off. Nothing but the compiler is needed: memcpy and memset are the harness's.

Invariant: a program in the cache was built from exactly these sources by exactly this compiler.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgeml import tools
from edgeml.cache import cache_folder, digest
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.files import read_bytes
from edgeml.mcus.cores import Area, McuCore
from edgeml.scratch import scratch_folder
from edgeml.share import share_dir
from edgeml.tools import InstalledTool, run

CALLS = "model_calls.h"
"""The header that the harness reads: buffers of the model, and the functions that fill and empty them."""

_SECONDS = 600.0
_FLAGS = (
    *("-O2", "-std=c99", "-ffreestanding", "-ffunction-sections", "-fdata-sections"),
    # The functions of layers stay apart, so that instructions can be counted for each.
    *("-fno-inline-small-functions", "-fno-inline-functions", "-fno-inline-functions-called-once"),
    *("-fno-ipa-sra", "-fno-ipa-cp", "-fno-ipa-icf"),
)
_OVERFLOW = re.compile(r"region `?(FLASH|RAM)'? overflowed by (\d{1,18}) bytes")
_SUPPORT = "support.c"
_HARNESS = (_SUPPORT, "main.c")
_HEADERS = ("channel.h", "include/string.h")
_LINKER = "program.ld"


@dataclass(frozen=True)
class ModelSources:
    """The C of a model and the header that tells the harness of it.

    Args:
        sources: C files.
        include: the folder of its headers.
        headers: files in it.
        calls: the text of `CALLS`.
    """

    sources: tuple[Path, ...]
    include: Path
    headers: tuple[Path, ...]
    calls: str


class TooLargeError(EdgemlError):
    """A program that does not fit the memory of the emulated machine.

    Args:
        core: whose machine it is.
        overflows: bytes that are missing by region, as the linker says.
        log: with the linker's output.
    """

    def __init__(self, core: McuCore, overflows: Mapping[str, int], log: Path) -> None:
        self.lacks_flash, self.lacks_ram = "FLASH" in overflows, "RAM" in overflows
        areas = {"FLASH": ("flash", core.flash), "RAM": ("RAM", core.ram)}
        lacking = " and ".join(
            f"{overflows[region]:,} bytes of {name} beyond the machine's {area.size >> 10:,} KiB"
            for region, (name, area) in areas.items()
            if region in overflows
        )
        super().__init__(
            f"the program needs {lacking}",
            core.name,
            f"check it on another core; the linker's output is in {log}",
        )


def harness_file(name: str) -> Path:
    """A file of `hw/emulation`."""
    return share_dir("hw") / "emulation" / name


def missing(core: McuCore) -> str:
    """Empty if programs for the core can be built and run here, else what is missing and how to get it."""
    for name in (core.compiler, core.emulator):
        tool = tools.load(name)
        if tool.find() is None:
            return f"{tool.executables[0]} is not installed: {tool.install}"
    return ""


def compiler(core: McuCore) -> InstalledTool:
    """The compiler for a core.

    Raises:
        MissingToolError: it is not there; says how to get it.
    """
    tool = tools.load(core.compiler)
    installed = tool.find()
    if installed is None:
        raise MissingToolError(f"{tool.executables[0]} is not installed", core.title, tool.install)
    return installed


def build(core: McuCore, model: ModelSources) -> Path:
    """The program, from the cache or freshly built.

    Raises:
        MissingToolError: the compiler is missing.
        EdgemlError: it does not compile, or the machine's memory is too small for it; names the log.
    """
    gcc = compiler(core)
    harness = [*_HARNESS, core.startup, core.line.driver]
    texts = [
        read_bytes(path, "C file")
        for path in (*model.sources, *model.headers, *map(harness_file, (*harness, *_HEADERS, _LINKER)))
    ]
    name = digest([str(gcc.path), gcc.version, *core.flags, *_FLAGS, *_memory(core), model.calls, *texts])
    program = cache_folder("mcu") / name / f"{core.name}.elf"
    if program.is_file():
        return program
    program.parent.mkdir(parents=True, exist_ok=True)
    log = program.parent / "compile.log"
    with scratch_folder(program.parent) as scratch:
        folder = Path(scratch)
        (folder / CALLS).write_text(model.calls)
        objects = [
            *(
                _compiled(core, gcc, model, path, f"model_{at}.o", folder, log)
                for at, path in enumerate(model.sources)
            ),
            *(
                _compiled(core, gcc, model, harness_file(file), f"{Path(file).stem}.o", folder, log)
                for file in harness
            ),
        ]
        target = folder / "program.elf"
        words = [
            *(gcc.path, *core.flags, "-nostdlib", "-nostartfiles", "-Wl,--gc-sections"),
            *(f"-Wl,--defsym={symbol}" for symbol in _memory(core)),
            *("-T", harness_file(_LINKER), *objects, "-lgcc", "-o", target),
        ]
        done = run(words, folder, log, _SECONDS, check=False)
        if done.code:
            overflows = {region: int(size) for region, size in _OVERFLOW.findall(done.output)}
            raise TooLargeError(core, overflows, log) if overflows else tools.failure(done)
        if not target.is_file():
            raise EdgemlError(
                "ended without an error and without a program", gcc.path.name, f"all output is in {log}"
            )
        target.replace(program)  # atomic: two checks may build the same program at once
    return program


def _compiled(
    core: McuCore, gcc: InstalledTool, model: ModelSources, source: Path, name: str, folder: Path, log: Path
) -> str:
    # The harness's own loops become no calls of memcpy and memset, which are there for the model.
    plain = () if source in model.sources else ("-fno-tree-loop-distribute-patterns",)
    words: Sequence[str | Path] = [
        *(gcc.path, *core.flags, *_FLAGS, *plain),
        *("-I", folder, "-I", model.include, "-I", harness_file("")),
        *("-isystem", harness_file("include"), "-c", source.resolve(), "-o", name),
    ]
    run(words, folder, log, _SECONDS, writes=[folder / name])
    return name


def _memory(core: McuCore) -> list[str]:
    areas: Mapping[str, Area] = {"FLASH": core.flash, "RAM": core.ram}
    places = [
        text
        for name, area in areas.items()
        for text in (f"{name}_AT={area.at:#x}", f"{name}_SIZE={area.size:#x}")
    ]
    return [*places, f"UART_AT={core.line.at:#x}"]
