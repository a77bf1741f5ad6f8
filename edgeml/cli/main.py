"""The `edgeml` command: finds the subcommands in `commands/` and turns errors into exit codes.

Exit codes: 0 done, 1 the thing checked does not hold, 2 bad input, 130 Ctrl-C, 143 ended by SIGTERM.
"""

from __future__ import annotations

import inspect
import shlex
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from types import FrameType
from typing import Annotated, NoReturn

import typer
from typer.main import get_command

from edgeml import install
from edgeml._version import __version__
from edgeml.cli import commands, names
from edgeml.cli.console import OUT, show_error
from edgeml.errors import EdgemlError

_ORDER = (
    "run",
    "train",
    "import",
    "quantize",
    "export",
    "check",
    "report",
    "estimate",
    "synth",
    "explore",
    "show",
    "list",
    "doctor",
)
"""The order of commands in --help; others come after them."""


def _version(show: bool) -> None:
    if show:
        OUT.print(f"edgeml {__version__}")
        raise typer.Exit


def _about(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Quantization-aware Keras networks to FPGAs, with every integer checked."""
    del version


@cache
def command_line() -> Callable[[], object]:
    """The application as it parses its words; built once, from the hints of every command's parameters."""
    return get_command(build_app())


def build_app() -> typer.Typer:
    """The application with every command of the folder."""
    app = typer.Typer(
        cls=names.Commands, no_args_is_help=True, rich_markup_mode="rich", pretty_exceptions_enable=False
    )
    app.callback()(_about)
    for name in sorted(commands.names(), key=lambda name: (*_ORDER, name).index(name)):
        command = commands.load(name)
        app.command(name, cls=names.Command, help=_paragraphs(command))(command)
    return app


def _paragraphs(command: Callable[..., object]) -> str:
    """The docstring with each paragraph on a line of its own, which the terminal's width then wraps."""
    paragraphs = (inspect.getdoc(command) or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def notice_signals() -> list[signal.Signals]:
    """Let Ctrl-C, SIGTERM and SIGHUP end this process as an exception would, and note which of them came.

    So what it was writing and the tools it started end with it. A signal that is ignored (nohup) stays so.
    """
    received: list[signal.Signals] = []

    def handler(number: int, frame: FrameType | None) -> None:
        received.append(signal.Signals(number))
        if number == signal.SIGINT:
            signal.default_int_handler(number, frame)
        sys.exit(128 + number)

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, handler)
    return received


def _interrupted(by: signal.Signals) -> NoReturn:
    how = "interrupted" if by == signal.SIGINT else f"ended by {by.name}"
    again = shlex.join(["edgeml", *sys.argv[1:]])
    with suppress(OSError):  # the terminal may be gone
        OUT.file.flush()
        sys.stderr.write(
            f"\n{how}; nothing is half-written, the same command goes on from here:\n  {again}\n"
        )
    sys.exit(128 + by)


def entry() -> None:
    """The console script."""
    received = notice_signals()
    try:
        install.refuse_foreign()
        command_line()()
    except EdgemlError as error:
        show_error(error)
        sys.exit(2)
    except KeyboardInterrupt:
        _interrupted(received[0] if received else signal.SIGINT)
    except SystemExit:
        if received:  # Typer makes an exit of it
            _interrupted(received[0])
        raise
    except MemoryError as error:
        what = "it needs more memory than there is" + f" ({error})" * bool(str(error))
        hint = "free memory, or give it fewer samples (training: data.stream=true)"
        show_error(EdgemlError(what, shlex.join(["edgeml", *sys.argv[1:]]), hint))
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except Exception:
        # TensorFlow's native code may swallow the interrupt and fail over what it then lacks.
        if not received:
            raise
        _interrupted(received[0])


if __name__ == "__main__":
    entry()
