"""The epochs of a training and the trials of a study so far, as events for the page.

Invariant: files are only read, one snapshot at a time; they are replaced atomically by those who write them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edgeml.errors import EdgemlError
from edgeml.explore.record import StudyRecord
from edgeml.runs import Run
from edgeml.training.history import read_history

PAUSE = 0.5
"""Seconds between two looks at the files."""


def training(run: Run) -> dict[str, Any]:
    """The epochs of a run so far, and whether its training is complete."""
    rows: list[dict[str, Any]] = []
    with suppress(EdgemlError):  # not there yet
        rows = [asdict(row) for row in read_history(run.history_file)]
    most = run.config.training
    return {
        "rows": rows,
        "done": run.model_file.is_file(),
        "epochs": {"float": most.float_epochs, "qat": most.epochs} if most else {},
    }


def study(path: Path) -> dict[str, Any]:
    """The trials of a study so far: the values of its metrics, and which of them are on the front."""
    record = StudyRecord.read(path)
    columns = record.columns
    return {
        "trials": len(columns),
        "of": record.trials,
        "states": [state.value for state in columns.states],
        "keeps": list(columns.keeps),
        "values": {name: list(values) for name, values in columns.values.items()},
        "front": [row.number for row in record.front],
        "done": len(columns) >= record.trials,
    }


async def events(read: Callable[[], Mapping[str, Any]], pause: float = PAUSE) -> AsyncIterator[str]:
    """Server-sent events: one at the begin, one whenever what is read is another, until it is done.

    Yields:
        The text of an event, or a comment every few seconds that keeps the connection open.
    """
    last, quiet = "", 0
    while True:
        snapshot = await asyncio.to_thread(read)
        text = json.dumps(snapshot, allow_nan=False)
        if text != last:
            yield f"data: {text}\n\n"
            last, quiet = text, 0
        elif (quiet := quiet + 1) % 20 == 0:
            yield ": still here\n\n"
        if snapshot.get("done"):
            return
        await asyncio.sleep(pause)
