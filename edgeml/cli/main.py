"""The `edgeml` command: finds the subcommands in `commands/` and turns errors into exit codes.

Exit codes: 0 done, 1 the thing checked does not hold, 2 bad input, 130 Ctrl-C, 143 ended by SIGTERM.
"""

from __future__ import annotations

import importlib
import pkgutil
import shlex
import signal
import sys
import threading
from types import FrameType
from typing import Annotated, NoReturn

import typer

from edgeml import install
from edgeml._version import __version__
from edgeml.cli import commands, names
from edgeml.cli.console import OUT, show_error
from edgeml.errors import EdgemlError

_ORDER = (
    "run",
    "train",
    "import",
    "export",
    "check",
    "report",
    "estimate",
    "synth",
    "show",
    "list",
    "doctor",
)
"""As they stand in --help; a command not named here comes after them."""


def _version(wanted: bool) -> None:
    if wanted:
        OUT.print(f"edgeml {__version__}")
        raise typer.Exit


def _about(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Quantization-aware Keras networks to FPGAs, with every integer checked."""
    del version


def build_app() -> typer.Typer:
    """The application with every command of the folder."""
    app = typer.Typer(
        cls=names.Commands, no_args_is_help=True, rich_markup_mode="rich", pretty_exceptions_enable=False
    )
    app.callback()(_about)
    found = [module.name.rstrip("_") for module in pkgutil.iter_modules(commands.__path__)]
    found.sort(key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name))
    for name in found:
        file = f"{name}_" if name == "import" else name
        module = importlib.import_module(f"{commands.__name__}.{file}")
        app.command(name)(module.command)
    return app


def end_on_sigterm() -> None:
    """Let SIGTERM, and SIGHUP where it is not ignored (nohup), end this process as an exception would.

    So what it was writing and the tools it started end with it.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _ended)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, _ended)


def _ended(number: int, frame: FrameType | None) -> None:
    del frame
    sys.exit(128 + number)


def notice_ctrl_c() -> threading.Event:
    """Set once Ctrl-C was pressed; it still raises KeyboardInterrupt. Where it is ignored, it stays so."""
    pressed = threading.Event()

    def handler(number: int, frame: FrameType | None) -> None:
        pressed.set()
        signal.default_int_handler(number, frame)

    main = threading.current_thread() is threading.main_thread()
    if main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, handler)
    return pressed


def _interrupted() -> NoReturn:
    OUT.file.flush()
    again = shlex.join(["edgeml", *sys.argv[1:]])
    sys.stderr.write(
        f"\ninterrupted; nothing is half-written, the same command goes on from here:\n  {again}\n"
    )
    sys.exit(130)


def entry() -> None:
    """The console script."""
    end_on_sigterm()
    pressed = notice_ctrl_c()
    try:
        install.refuse_foreign()
        build_app()()
    except EdgemlError as error:
        show_error(error)
        sys.exit(2)
    except KeyboardInterrupt:
        _interrupted()
    except SystemExit:
        if pressed.is_set():  # Typer makes an exit of it
            _interrupted()
        raise
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except Exception:
        # TensorFlow's native code may swallow the interrupt and fail over what it then lacks.
        if not pressed.is_set():
            raise
        _interrupted()


if __name__ == "__main__":
    entry()
