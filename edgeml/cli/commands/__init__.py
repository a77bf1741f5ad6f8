"""One file per subcommand; its `command` function is the command, its docstring the help.

To add a command, write `edgeml/cli/commands/NAME.py` with `command(...)`, which has the option --json.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edgeml.folder import ModuleFolder

_FOLDER = ModuleFolder("command", __name__)


def names() -> tuple[str, ...]:
    """The names of all commands, sorted."""
    return _FOLDER.names()


def load(name: str) -> Callable[..., Any]:
    """The function of one command.

    Raises:
        EdgemlError: there is no such command, or its file lacks `command`.
    """
    return _FOLDER.function(name, "command")
