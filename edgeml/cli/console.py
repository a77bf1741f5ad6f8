"""The output of the command line: results to standard output, progress and errors to standard error."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from edgeml.cli.bands import wrapped
from edgeml.errors import EdgemlError

_PLAIN_WIDTH = 200
"""Columns where there is neither a terminal to ask nor COLUMNS, so that a log or a pipe gets whole lines."""


class Screen(Console):
    """A terminal, where lines go on at spaces; in a log or a pipe a line stays one."""

    def __init__(self, stderr: bool) -> None:
        super().__init__(stderr=stderr, highlight=False, soft_wrap=True)
        self.wraps = self.is_terminal or "COLUMNS" in os.environ
        if not self.wraps:
            self.width = _PLAIN_WIDTH

    def print(self, *objects: Any, markup: bool | None = None, **how: Any) -> None:
        """As rich does, but a line that is too long goes on at a space, and no word of it is broken."""
        if not self.wraps or "soft_wrap" in how or len(objects) != 1 or not isinstance(objects[0], str):
            super().print(*objects, markup=markup, **how)
            return
        text = self.render_str(objects[0], markup=markup)
        for line in wrapped(text, self.width):
            super().print(line, **how)


OUT = Screen(stderr=False)
ERR = Screen(stderr=True)


def show_error(error: EdgemlError) -> None:
    """Print an error: what is wrong, where, and what to do."""
    where = f"[bold]{escape(error.where)}[/]: " if error.where else ""
    ERR.print(f"[bold red]error:[/] {where}{escape(error.what)}")
    if error.hint:
        ERR.print(f"  [cyan]hint:[/] {escape(error.hint)}", soft_wrap=True)  # may be a command


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    OUT.file.write(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def print_next(command: str) -> None:
    """A command to go on with; whole on one line, so that it can be copied. Its names are quoted already."""
    OUT.print(f"next: {command}", markup=False, soft_wrap=True)


def say(text: str) -> None:
    """A line for people on standard error, so that --json output stays one document."""
    ERR.print(text)


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress bar on standard error that disappears when done."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=min(40, max(8, ERR.width - 68))),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[detail]}"),
        console=ERR,
        transient=True,
    )
    with bar:
        yield bar
