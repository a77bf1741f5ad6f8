"""Where the command line writes: results to standard output, progress and errors to standard error."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from edgeml.errors import EdgemlError

_PLAIN_WIDTH = 200
"""Columns where there is neither a terminal to ask nor COLUMNS, so that a log or a pipe gets whole lines."""


def _console(stderr: bool) -> Console:
    made = Console(stderr=stderr, highlight=False, soft_wrap=True)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = _PLAIN_WIDTH
    return made


OUT = _console(stderr=False)
ERR = _console(stderr=True)


def show_error(error: EdgemlError) -> None:
    """What is wrong, where, and what to do."""
    where = f"[bold]{escape(error.where)}[/]: " if error.where else ""
    ERR.print(f"[bold red]error:[/] {where}{escape(error.what)}")
    if error.hint:
        ERR.print(f"  [cyan]hint:[/] {escape(error.hint)}")


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    OUT.file.write(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def print_next(command: str) -> None:
    """A command to go on with; whole on one line, so that it can be copied. Its names are quoted already."""
    OUT.print(f"next: {command}", markup=False, soft_wrap=True)


def say(text: str) -> None:
    """A line for people on standard error, so that --json output stays one document."""
    ERR.print(text)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> Table:
    """A plain table; cells may hold rich markup."""
    made = Table(title=title or None, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress bar on standard error that disappears when done."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[detail]}"),
        console=ERR,
        transient=True,
    )
    with bar:
        yield bar
