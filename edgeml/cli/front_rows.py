"""The front of a training for small hardware on the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from edgeml.cli.bands import Bands

if TYPE_CHECKING:
    from edgeml.runs import Run
    from edgeml.training.small.front import Checkpoint, Front


def _opened(run: Run) -> tuple[Front, Checkpoint] | None:
    """The front of a run and the checkpoint that is its model; None if it has none."""
    from edgeml.training.small.front import Front

    training = run.config.training
    if training is None or not run.front.is_dir():
        return None
    front = Front(run.front)
    return front, front.chosen(training.bit_penalty)


def front_lines(run: Run) -> Iterator[str]:
    """The checkpoint that was taken, and a sentence about a penalty that was too strong."""
    from edgeml.training.history import read_history
    from edgeml.training.small.collapse import collapse_lines

    opened = _opened(run)
    if opened is None:
        return
    front, chosen = opened
    training = run.config.training
    assert training is not None  # it has a front
    for sentence in collapse_lines(front, training, read_history(run.history_file), run.graph()):
        yield f"[yellow]collapse[/] {escape(sentence)}"
    number = front.points.index(chosen) + 1
    yield (
        f"[green]front[/] {front.count}; taken is number {number}: "
        f"{_quality(chosen)}, {chosen.cost:,.0f} {front.unit}"
    )


def _quality(point: Checkpoint) -> str:
    if point.val_accuracy is None:
        return f"validation loss {point.val_loss:.4f}"
    return f"validation accuracy {100 * point.val_accuracy:.2f} %"


def front_table(run: Run) -> Iterator[Bands | str]:
    """All checkpoints, the cheapest first, and a sentence where there is one alone."""
    from edgeml.training.small.collapse import one_point

    opened = _opened(run)
    if opened is None or run.config.training is None:
        return
    front, chosen = opened
    cells = [
        [
            f"{number}{' *' if point is chosen else ''}",
            f"{point.cost:,.0f}",
            "" if point.val_accuracy is None else f"{100 * point.val_accuracy:.2f} %",
            f"{point.val_loss:.4f}",
            str(point.epoch),
            f"{point.strength:.1e}" if point.strength else "",
        ]
        for number, point in enumerate(front.points, 1)
    ]
    heads = ("number", front.unit, "val accuracy", "val loss", "epoch", "strength")
    yield Bands(heads, cells, title="* is the model of the run; --pick N makes another a run")
    if sentence := one_point(front, run.config.training):
        yield f"[yellow]front[/] {escape(sentence)}"


def front_facts(run: Run) -> dict[str, Any]:
    """The checkpoints, and the number of the one that is the run's model."""
    opened = _opened(run)
    if opened is None:
        return {}
    front, chosen = opened
    points = [point.model_dump(mode="json") for point in front.points]
    return {"front": points, "unit": front.unit, "taken": front.points.index(chosen) + 1}
