"""The first step of the `edgeml` command: is the package `edgeml` that Python imports this project's?

On PyPI another project has that name. In an environment that points at a checkout its folder comes first, and
nothing inside `edgeml/` could say so. Invariant: imports nothing of edgeml before it starts the command.
"""

from __future__ import annotations

import importlib
import sys


def entry() -> None:
    """The console script.

    Exits with 2 and one message where the imported package `edgeml` is not this project's.
    """
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
