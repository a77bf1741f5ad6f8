"""`edgeml novel`: how many boards there are."""

from __future__ import annotations

from edgeml.cli.console import OUT, print_json
from edgeml.cli.options import JsonOption


def command(json: JsonOption = False) -> None:
    """Count the boards."""
    from edgeml import boards

    count = len(boards.names())
    if json:
        print_json({"boards": count})
        return
    OUT.print(f"{count} boards")
