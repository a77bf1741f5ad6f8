"""The compilers for C on this machine whose sanitizers work.

Some distributions ship a compiler without the libraries of its sanitizers (Debian's `clang`, Fedora's
`gcc`). Such a compiler cannot make the checked program, and the program says which one that is and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from edgeml import limits, tools
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.files import read_bytes
from edgeml.scratch import scratch_folder
from edgeml.tools import InstalledTool, run

COMPILERS = ("gcc", "clang")
"""Names of tools, best first."""
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
_PROBE_SECONDS = 60.0
_LIBRARIES = "install the libraries of its sanitizers (Debian: {debian}; Fedora: {fedora})"
_PACKAGES = {
    "gcc": ("libgcc-dev of the same version", "libasan libubsan"),
    "clang": ("libclang-rt-dev of the same version", "compiler-rt"),
}


def no_compiler(compilers: Sequence[str] = COMPILERS) -> str:
    """The reason why none of these compilers can make the checked program; "" if one can.

    Args:
        compilers: names of tools, best first.
    """
    try:
        checked_compiler(compilers)
    except MissingToolError as error:
        return f"{error.what}: {error.hint}"
    return ""


def checked_compiler(compilers: Sequence[str] = COMPILERS) -> InstalledTool:
    """The first of these compilers that is installed with its sanitizers.

    Args:
        compilers: names of tools, best first.

    Raises:
        MissingToolError: there is none; says what each one lacks.
    """
    lacks: list[str] = []
    ways: list[str] = []
    for name in compilers:
        tool = tools.find(name)
        if tool is None:
            ways.append(tools.load(name).install)
        elif fault := _fault(tool.path):
            lacks.append(f"the sanitizers of {tool.path} cannot be used ({fault})")
            debian, fedora = _PACKAGES[name]
            ways.append(_LIBRARIES.format(debian=debian, fedora=fedora))
        else:
            return tool
    what = "; ".join(lacks) or "no compiler for C is installed"
    raise MissingToolError(what, " or ".join(compilers), ", or ".join(ways))


@cache
def _fault(compiler: Path) -> str:
    """The complaint about a program with sanitizers, if one without them can be made; "" otherwise."""
    with scratch_folder() as folder:
        (folder / "main.c").write_text("int main(void) { return 0; }\n")
        if complaint := _complaint(compiler, folder, SANITIZERS):
            return "" if _complaint(compiler, folder, ()) else complaint
    return ""


def _complaint(compiler: Path, folder: Path, flags: Sequence[str]) -> str:
    """The first line of the output if main.c in the folder cannot be compiled or run; "" if it can."""
    log, program = folder / "log", folder / "program"
    try:
        run([compiler, *flags, "main.c", "-o", program], folder, log, _PROBE_SECONDS)
        run([program], folder, log, _PROBE_SECONDS)
    except EdgemlError:
        lines = (
            read_bytes(log, "log", limits.TEXT).decode(errors="replace").splitlines() if log.is_file() else []
        )
        return next((line.strip() for line in lines if line.strip()), "no reason given")
    return ""
