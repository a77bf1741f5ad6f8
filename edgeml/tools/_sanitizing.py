"""A compiler's sanitizers: some distributions ship a compiler without the libraries that they need.

Debian's `clang` and Fedora's `gcc` are such ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from edgeml.errors import EdgemlError
from edgeml.scratch import scratch_folder
from edgeml.tools._process import error_line, read_log, run

_PROBE_SECONDS = 60.0


@cache
def sanitizer_fault(compiler: Path, flags: tuple[str, ...]) -> str:
    """The complaint about a program with sanitizers, if one without them can be made; "" otherwise.

    Args:
        compiler: the executable, for C or C++.
        flags: that turn the sanitizers on.
    """
    with scratch_folder() as folder:
        (folder / "main.c").write_text("int main(void) { return 0; }\n")
        if complaint := _complaint(compiler, folder, flags):
            return "" if _complaint(compiler, folder, ()) else complaint
    return ""


def _complaint(compiler: Path, folder: Path, flags: Sequence[str]) -> str:
    """The line that tells why main.c in the folder cannot be compiled or run; "" if it can."""
    log, program = folder / "log", folder / "program"
    try:
        run([compiler, *flags, "main.c", "-o", program], folder, log, _PROBE_SECONDS)
        run([program], folder, log, _PROBE_SECONDS)
    except EdgemlError as error:
        return (error_line(read_log(log)) if log.is_file() else "") or error.what
    return ""
