"""The history of the training. Invariant: a cell that is no finite number becomes None."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from edgeml.errors import EdgemlError
from edgeml.report.sections.training.facts import Epoch, TrainingFacts
from edgeml.report.source import RunSource

_COLUMNS = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")


def collect(source: RunSource) -> TrainingFacts:
    """The epochs in history.csv.

    Raises:
        EdgemlError: the file is damaged.
    """
    return TrainingFacts.of({"history": "there is no history.csv"}, history=source.shared(rows))


def rows(source: RunSource) -> tuple[Epoch, ...]:
    """The epochs in history.csv; none if there is no such file.

    Raises:
        EdgemlError: the file is damaged.
    """
    path = source.run.history_file
    if not path.is_file():
        return ()
    from edgeml.training.history import read_history

    return history((asdict(row) for row in read_history(path)), str(path))


def history(rows: Iterable[Mapping[str, Any]], where: str = "history.csv") -> tuple[Epoch, ...]:
    """Rows of history.csv as epochs.

    Args:
        rows: numbers or texts by column: phase, epoch, loss, accuracy, val_loss, val_accuracy,
            learning_rate.
        where: the file, for the message.

    Raises:
        EdgemlError: a row has no phase or no epoch.
    """
    return tuple(_epoch(row, f"{where}, row {number}") for number, row in enumerate(rows, start=1))


def _epoch(row: Mapping[str, Any], where: str) -> Epoch:
    try:
        phase, epoch = str(row["phase"]), int(float(row["epoch"]))
    except (KeyError, ValueError, TypeError, OverflowError):
        raise EdgemlError("needs a phase and an epoch number", where) from None
    cells = {name: _number(row.get(name)) for name in _COLUMNS}
    return Epoch(phase=phase or "training", epoch=epoch, **cells)


def _number(cell: Any) -> float | None:
    try:
        value = float(cell)
    except (ValueError, TypeError):
        return None
    return value if math.isfinite(value) else None


def effort(rows: Sequence[Epoch]) -> str:
    """The epochs that each model was trained, beside the accuracies, since they differ; "" if unknown."""
    count = {phase: sum(row.phase == phase for row in rows) for phase in ("float", "qat")}
    if not all(count.values()):
        return ""
    return (
        f"trained: float32 for {count['float']} epochs; QAT went on from its weights for {count['qat']} "
        f"more, {sum(count.values())} in all"
    )
