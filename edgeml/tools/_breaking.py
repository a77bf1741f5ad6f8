"""Compilers that refuse a source and programs that are stopped: at fault is the artefact, or this machine.

A compiler that lacks a header, or that is ended by the system, says nothing of the source.
"""

from __future__ import annotations

import re
import signal

from edgeml.errors import BrokenArtefactError, EdgemlError
from edgeml.tools._process import Completed, failure

_REFUSED = re.compile(r"\S+\.(?:c|h|cpp|hpp):\d+:\d+: (?:fatal )?error: ")
_OF_WARNING = "[-Werror"
_LACKING = ("No such file or directory", "file not found")
_STOPPED = re.compile(r"AddressSanitizer: [\w-]+|runtime error: .*")
_FAULTS = (signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT)


def refusal(done: Completed) -> EdgemlError:
    """The error for a source that a C or C++ compiler does not translate.

    It is a `BrokenArtefactError` with the compiler's line if the source is at fault: not for a warning that
    is taken for an error, nor for a header of the compiler that is missing.
    """
    lines = [line for line in done.output.splitlines() if _REFUSED.match(line)]
    if done.code < 0 or any(word in line for line in lines for word in _LACKING):
        return failure(done)
    line = next((line for line in lines if _OF_WARNING not in line), "")
    if not line:
        return failure(done)
    return BrokenArtefactError(f"is not compiled: {line}", hint=f"all output is in {done.log}")


def stop(done: Completed) -> EdgemlError:
    """The error for a program that did not come to its end.

    It is a `BrokenArtefactError` if a sanitizer stopped it, or a signal that a fault of its own raises.
    """
    report = _STOPPED.search(done.output)
    if report is None and -done.code not in _FAULTS:
        return failure(done)
    what = report[0] if report is not None else f"ended by signal {signal.Signals(-done.code).name}"
    return BrokenArtefactError(f"is stopped when it runs: {what}", hint=f"all output is in {done.log}")
