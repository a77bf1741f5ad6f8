"""history.csv: one line per epoch, both phases; and the same numbers for TensorBoard.

Invariant: reading what was written gives equal rows, float for float.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from edgeml import limits
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes, write_atomic
from edgeml.reading import refusing
from edgeml.training.progress import EpochRow

_COLUMNS = [field.name for field in fields(EpochRow) if field.name not in ("monitored", "metrics")]


def write_history(path: Path, rows: Sequence[EpochRow]) -> None:
    """Replace history.csv.

    Raises:
        EdgemlError: it cannot be written.
    """
    text = io.StringIO()
    monitored = ["monitored"] if any(row.monitored is not None for row in rows) else []
    metrics = dict.fromkeys(name for row in rows for name in row.metrics)
    columns = [*_COLUMNS, *monitored, *metrics]
    writer = csv.DictWriter(text, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows({**asdict(row), **row.metrics} for row in rows)
    write_atomic(path, text.getvalue())


def read_history(path: Path) -> list[EpochRow]:
    """The rows of history.csv.

    Raises:
        EdgemlError: it is missing or not such a file.
    """
    text = read_bytes(path, "training history", limits.TEXT).decode(errors="replace")
    with refusing(path, "is no CSV", "train again"):
        lines = list(csv.reader(io.StringIO(text)))
    head = lines[0] if lines else []
    more = head[len(_COLUMNS) :]  # those that are used
    if head[: len(_COLUMNS)] != _COLUMNS or not all(_is_extra(name) for name in more):
        raise EdgemlError(f"does not start with {','.join(_COLUMNS)}", str(path), "train again")
    with refusing(path, "malformed", "train again"):
        return [_row(phase, int(epoch), numbers, more) for phase, epoch, *numbers in lines[1:]]


def _is_extra(name: str) -> bool:
    """True for a column beside those of every history."""
    return name == "monitored" or name.startswith("val_")


def _row(phase: str, epoch: int, texts: Sequence[str], more: Sequence[str]) -> EpochRow:
    rate, loss, accuracy, val_loss, val_accuracy, *others = texts
    values = {name: _optional(text) for name, text in zip(more, others, strict=True)}
    return EpochRow(
        phase,
        epoch,
        float(rate),
        float(loss),
        _optional(accuracy),
        float(val_loss),
        _optional(val_accuracy),
        values.pop("monitored", None),
        {name: value for name, value in values.items() if value is not None},
    )


def _optional(text: str) -> float | None:
    return float(text) if text else None


@contextmanager
def tensorboard(folder: Path, phase: str) -> Iterator[TensorBoardLog]:
    """TensorBoard's files of one phase: runs "PHASE/train" and "PHASE/validation" below `folder`.

    Raises:
        EdgemlError: they cannot be written.
    """
    import tensorflow as tf

    try:
        writers = {
            part: tf.summary.create_file_writer(str(folder / phase / part))
            for part in ("train", "validation")
        }
    except tf.errors.OpError as error:
        raise EdgemlError(f"cannot write TensorBoard's files: {error.message}", str(folder)) from error
    try:
        yield TensorBoardLog(writers)
    finally:
        for writer in writers.values():
            writer.close()


class TensorBoardLog:
    """Writes rows as scalars; an epoch written twice after a resume replaces itself."""

    def __init__(self, writers: dict[str, Any]) -> None:
        self._writers = writers

    def write(self, row: EpochRow) -> None:
        """The scalars epoch_loss, epoch_accuracy and epoch_learning_rate at step `row.epoch`."""
        import tensorflow as tf

        scalars = {
            "train": {"loss": row.loss, "accuracy": row.accuracy, "learning_rate": row.learning_rate},
            "validation": {"loss": row.val_loss, "accuracy": row.val_accuracy}
            | {name.removeprefix("val_"): value for name, value in row.metrics.items()},
        }
        for part, values in scalars.items():
            with self._writers[part].as_default():
                for name, value in values.items():
                    if value is not None:
                        tf.summary.scalar(f"epoch_{name}", value, step=row.epoch)
            self._writers[part].flush()
