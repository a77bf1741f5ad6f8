"""Run one program: the only place in edgeml that starts a process.

Invariant: when `run` returns or raises, the program and all it started are gone, and everything it printed
is in the log file. A program that fails raises one `EdgemlError` with the line that says why and the log.

The program and all that it starts (g++'s cc1plus, a script's nextpnr) are one process group. A guard leads
that group: a shell that waits for a pipe from this process to close and then kills the group. So they end
with this process however it ends, also by SIGKILL, when nothing here can run any more.
"""

from __future__ import annotations

import os
import re
import select
import shlex
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from edgeml.errors import EdgemlError, MissingToolError
from edgeml.tools._wasm import compile_once

_GRACE_SECONDS = 3.0
_COMPILE_SECONDS = 1800.0
_LONGEST_LINE = 300
_LONGEST_WAIT = 2**31 - 1
"""Milliseconds that poll takes."""

_LONGEST_LOG = 64 << 20
_SEQUENCE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|.)")
_CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(127, 160))) | {13: "\n"}
_GUARD = "trap '' TERM INT HUP; read line; kill -KILL 0  # edgeml: ends its tools when edgeml is gone"
_ERROR = re.compile(r"\b(fatal error|error|undefined reference|cannot find|no such file)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Completed:
    """The result of a program.

    Args:
        command: the program and its arguments.
        code: the exit code.
        seconds: wall clock time it took.
        log: the file with all it printed, standard output and standard error in order.
    """

    command: tuple[str, ...]
    code: int
    seconds: float
    log: Path

    @property
    def output(self) -> str:
        """Standard output and standard error."""
        return read_log(self.log)


def run(
    command: Sequence[str | os.PathLike[str]],
    folder: Path,
    log: Path,
    seconds: float,
    environment: Mapping[str, str] | None = None,
    check: bool = True,
    keep_command: bool = False,
    writes: Sequence[Path] = (),
) -> Completed:
    """Run a program to its end.

    Args:
        command: the program and its arguments; no shell is involved.
        folder: where it runs.
        log: the file its output goes to, replaced; its folder must exist.
        seconds: time limit; the compilation of a WebAssembly program at its first start is not counted.
        environment: variables added to those of this process.
        check: whether an exit code other than 0 is an error.
        keep_command: begin the log with the command line, as a shell takes it.
        writes: files that have to be there, and not empty, when it ends without an error.

    Raises:
        MissingToolError: there is no such program.
        EdgemlError: it failed, took too long or did not write what it should; names the log.
    """
    words = tuple(os.fspath(word) for word in command)
    compile_once(Path(words[0]), lambda scratch: _compiled(words[0], scratch, environment))
    return _run(words, folder, log, seconds, environment, check, keep_command, writes)


def _compiled(program: str, scratch: Path, environment: Mapping[str, str] | None) -> None:
    """Start a program for the first time."""
    _run((program, "--help"), scratch, scratch / "log", _COMPILE_SECONDS, environment, check=False)


def _run(
    words: tuple[str, ...],
    folder: Path,
    log: Path,
    seconds: float,
    environment: Mapping[str, str] | None,
    check: bool = True,
    keep_command: bool = False,
    writes: Sequence[Path] = (),
) -> Completed:
    start = time.monotonic()
    with _opened(log) as output:
        if keep_command:
            output.write(f"$ {shlex.join(words)}\n".encode())
            output.flush()
        guard = _guard()
        try:
            process = _started(words, folder, output.fileno(), environment, guard)
            try:
                code = _ended(process, seconds)
            except subprocess.TimeoutExpired:
                raise EdgemlError(
                    f"took longer than {seconds:g} s and was stopped",
                    _shown(words),
                    f"its output is in {log}",
                ) from None
            finally:
                # After a normal end this ends processes that the program left running.
                _end_group(process, guard)
        finally:
            _dismiss(guard)
    done = Completed(words, code, time.monotonic() - start, log)
    if check and code != 0:
        raise failure(done)
    missing = [path.name for path in writes if not path.is_file() or not path.stat().st_size]
    if code == 0 and missing:
        raise EdgemlError(
            f"ended without an error and without {', '.join(missing)}",
            _shown(words),
            f"all output is in {log}",
        )
    return done


def _ended(process: subprocess.Popen[bytes], seconds: float) -> int:
    """The exit code once it ends; `Popen.wait` with a limit looks only every 50 ms, the system tells at once.

    Raises:
        subprocess.TimeoutExpired: it has not ended by then.
    """
    try:
        handle = os.pidfd_open(process.pid)
    except (AttributeError, OSError):  # another system, an old kernel, or no more files to open
        return process.wait(seconds)
    try:
        ready = select.poll()
        ready.register(handle, select.POLLIN)
        ready.poll(min(seconds * 1000, _LONGEST_WAIT))
    finally:
        os.close(handle)
    return process.wait(0 if seconds * 1000 <= _LONGEST_WAIT else seconds)


def _opened(log: Path) -> BinaryIO:
    try:
        return log.open("wb")
    except OSError as error:
        raise EdgemlError(f"cannot write the log: {error.strerror}", str(log)) from error


def failure(done: Completed) -> EdgemlError:
    """The error for a program that failed."""
    line = error_line(done.output)
    how = (
        f"ended by signal {signal.Signals(-done.code).name}"
        if done.code < 0
        else f"failed with code {done.code}"
    )
    return EdgemlError(
        f"{how}{f': {line}' if line else ''}", _shown(done.command), f"all output is in {done.log}"
    )


def error_line(text: str) -> str:
    r"""The first line that tells of an error, else the last line with text; "" if there is none.

    A line that begins with "$ " is a command line and tells nothing.

    >>> error_line("compiling\na.cpp:3:1: error: expected ';'\nmake: *** stop")
    "a.cpp:3:1: error: expected ';'"
    """
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("$ ")]
    line = next((line for line in lines if _ERROR.search(line)), lines[-1] if lines else "")
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}..."


def read_log(log: Path) -> str:
    """The text of a log, of a very long one its end; bytes that are not UTF-8 are replaced.

    Control characters, which could move a terminal's cursor or ring its bell, are left out.
    """
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _LONGEST_LOG))
        text = file.read().decode("utf-8", errors="replace")
    return _SEQUENCE.sub("", text).translate(_CONTROLS)


def _guard() -> subprocess.Popen[bytes] | None:
    """The leader of a new process group, which kills it when this process is gone; None without a shell.

    It ignores SIGTERM, so that it exists until the whole group has ended.
    """
    with suppress(OSError):
        return subprocess.Popen(
            ["/bin/sh", "-c", _GUARD],
            stdin=subprocess.PIPE,  # closed by the system when this process ends; no child inherits it
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
    return None


def _dismiss(guard: subprocess.Popen[bytes] | None) -> None:
    if guard is None:
        return
    guard.kill()
    if guard.stdin is not None:
        guard.stdin.close()
    guard.wait()


def _started(
    words: tuple[str, ...],
    folder: Path,
    output: int,
    environment: Mapping[str, str] | None,
    guard: subprocess.Popen[bytes] | None,
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            words,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            process_group=0 if guard is None else guard.pid,  # so that all of it can be ended
        )
    except FileNotFoundError as error:
        if not folder.is_dir():
            raise EdgemlError("there is no such folder to run in", str(folder)) from None
        raise MissingToolError(
            "there is no such program", words[0], "edgeml doctor lists the tools"
        ) from error
    except OSError as error:
        raise EdgemlError(f"cannot be started: {error.strerror}", words[0]) from error


def _end_group(process: subprocess.Popen[bytes], guard: subprocess.Popen[bytes] | None) -> None:
    """End the whole process group: SIGTERM first, then SIGKILL."""
    group = process.pid if guard is None else guard.pid
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGTERM if process.poll() is None else signal.SIGKILL)
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
        process.wait()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _shown(words: tuple[str, ...]) -> str:
    """The program's name, without its arguments, for messages."""
    return Path(words[0]).name
