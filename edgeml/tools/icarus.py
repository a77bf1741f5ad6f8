"""Icarus Verilog: interprets Verilog, a few samples before Verilator's C++ is compiled."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from edgeml.errors import MissingToolError
from edgeml.tools._base import InstalledTool, Tool
from edgeml.tools._process import run

TOOL = Tool(
    name="icarus",
    summary="interprets Verilog: an input that refutes it is there sooner",
    system="apt-get install iverilog",
    executables=("iverilog",),
    version=("-V",),
)

_COMPILE_SECONDS = 60.0


def missing() -> str:
    """Empty if both of its programs are here, else what is missing and how to get it."""
    installed = TOOL.find()
    if installed is None:
        return f"{TOOL.name} is not installed: {TOOL.install}"
    return "" if _interpreter(installed) else f"vvp is not beside {installed.path}: {TOOL.install}"


def interpret(
    sources: Sequence[Path],
    bench: str,
    top: str,
    folder: Path,
    arguments: Sequence[str],
    seconds: float,
    writes: Path,
) -> None:
    """Interpret a bench and the modules that it drives.

    Args:
        sources: Verilog files, all that are needed but for the bench.
        bench: the text of the bench.
        top: the bench's module.
        folder: where it runs, and its files lie.
        arguments: "+name=value", which the bench asks for.
        seconds: a time limit.
        writes: the file that the bench writes.

    Raises:
        MissingToolError: a program is missing.
        EdgemlError: the text is not understood, or the bench takes too long or writes nothing.
    """
    installed = TOOL.find()
    interpreter = _interpreter(installed) if installed else None
    if installed is None or interpreter is None:
        raise MissingToolError(missing(), TOOL.summary, TOOL.install)
    text, code = folder / "bench.v", folder / "code.vvp"
    text.write_text(bench)
    words = [installed.path, "-g2005", "-s", top, "-o", code, text, *(path.resolve() for path in sources)]
    run(words, folder, folder / "compile.log", _COMPILE_SECONDS, writes=[code])
    run([interpreter, "-n", code, *arguments], folder, folder / "run.log", seconds, writes=[writes])


def _interpreter(installed: InstalledTool) -> Path | None:
    """The program that runs what iverilog wrote."""
    path = shutil.which("vvp", path=str(installed.path.parent)) or shutil.which("vvp")
    return Path(path) if path else None
