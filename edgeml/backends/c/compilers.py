"""The compilers for C on this machine whose sanitizers work.

A compiler without the libraries of its sanitizers cannot make the checked program.
"""

from __future__ import annotations

from collections.abc import Sequence

from edgeml import tools
from edgeml.errors import MissingToolError
from edgeml.tools import InstalledTool, sanitizer_fault

COMPILERS = ("gcc", "clang")
"""Names of tools, best first."""
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
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
        elif fault := sanitizer_fault(tool.path, SANITIZERS):
            lacks.append(f"the sanitizers of {tool.path} cannot be used ({fault})")
            debian, fedora = _PACKAGES[name]
            ways.append(_LIBRARIES.format(debian=debian, fedora=fedora))
        else:
            return tool
    what = "; ".join(lacks) or "no compiler for C is installed"
    raise MissingToolError(what, " or ".join(compilers), ", or ".join(ways))
