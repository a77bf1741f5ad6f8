"""The first step of the `edgeml` command: Ctrl-C while packages load, and whose package it is.

On PyPI another project has that name. In an environment that points at a checkout its folder comes first, and
nothing inside `edgeml/` could say so. Invariant: imports nothing of edgeml before it starts the command.
"""

from __future__ import annotations

import importlib
import os
import shlex
import signal
import sys
from types import FrameType


def entry() -> None:
    """The console script.

    Exits with 2 and one message where the imported package `edgeml` is not this project's.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end_at_once)
    try:
        command = importlib.import_module("edgeml.cli.main").entry
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("edgeml"):
            raise
        where = ", ".join(importlib.import_module("edgeml").__path__)
        sys.stderr.write(
            f"error: {where}: another project's package edgeml (PyPI, 2019) hides this one\n"
            f"  hint: {sys.executable} -m pip uninstall -y edgeml\n"
        )
        sys.exit(2)
    command()


def _end_at_once(number: int, frame: FrameType | None) -> None:
    """Ctrl-C while packages load: an exception could be swallowed there, and nothing is begun yet."""
    del number, frame
    again = shlex.join(["edgeml", *sys.argv[1:]])
    os.write(2, f"\ninterrupted before it began; the command is\n  {again}\n".encode())
    os._exit(130)
