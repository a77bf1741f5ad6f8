"""Sentences about a training for small hardware that took too much: where, how much, what still worked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgeml.errors import EdgemlError
from edgeml.ir import Graph
from edgeml.ir.silent import silence, silent_layers
from edgeml.presets import Training
from edgeml.runs import Run
from edgeml.training.history import read_history
from edgeml.training.progress import EpochRow
from edgeml.training.small.front import Front

_COLLAPSED = 0.8
"""Of the best validation accuracy; below it a training has collapsed."""


def collapse_lines(front: Front, training: Training, rows: Sequence[EpochRow], graph: Graph) -> Iterator[str]:
    """A sentence on each thing that went too far; none for a training that went well.

    Args:
        front: of the training.
        training: its settings.
        rows: its epochs, those of the float baseline included.
        graph: the exact graph of the checkpoint that was taken.
    """
    if sentence := collapse(front, training, rows):
        yield sentence
    for node in silent_layers(graph)[:1]:
        yield (
            f"{node.layer} is left without inputs: {silence(graph, node)}, so what comes after it is the "
            "same for every sample; the float baseline is not: train again with less pruning or a weaker "
            "penalty"
        )


def refuse_constant(run: Run, graph: Graph) -> None:
    """Refuse a pruned run, or one of learned widths, whose outputs are the same for every input.

    Args:
        run: trained; its files stay.
        graph: the exact graph of the checkpoint that was taken.

    Raises:
        EdgemlError: as `check_varies` says.
    """
    if run.config.training is not None and run.front.is_dir():
        rows = read_history(run.history_file)
        check_varies(Front(run.front), run.config.training, rows, graph, str(run.folder))


def check_varies(
    front: Front, training: Training, rows: Sequence[EpochRow], graph: Graph, where: str
) -> None:
    """Refuse a graph whose outputs are the same for every input.

    Args:
        front: of the training.
        training: its settings.
        rows: its epochs, those of the float baseline included.
        graph: the exact graph of the checkpoint that was taken.
        where: the run's folder.

    Raises:
        EdgemlError: no output depends on an input; names the layer, what it is left with, and the setting of
            the last epoch that was near the float baseline, or one that takes less.
    """
    if not all(graph.info(name).is_constant for name in graph.outputs):
        return
    what = "every output is the same for every sample"
    for node in silent_layers(graph)[:1]:
        what = f"{node.layer} is left without inputs: {silence(graph, node)}, so {what}"
    floats = [row.val_accuracy for row in rows if row.phase == "float" and row.val_accuracy]
    least = _COLLAPSED * max(floats, default=1.0)
    good = [row.epoch for row in rows if row.phase == "qat" and (row.val_accuracy or 0.0) >= least]
    hint = _gentler(front, training)
    if good:
        worked = _what_worked(front, training, max(good))
        hint = f"epoch {max(good)} was the last one near the float baseline; {worked}"
    raise EdgemlError(what, where, hint)


def collapse(front: Front, training: Training, rows: Sequence[EpochRow]) -> str:
    """A sentence about a penalty or a pruning that became too strong; "" if the last epoch is near the best.

    Args:
        front: of the training.
        training: its settings.
        rows: its epochs, those of the float baseline included.
    """
    figures = {row.epoch: row.val_accuracy for row in rows if row.phase == "qat" and row.val_accuracy}
    floats = [row.val_accuracy for row in rows if row.phase == "float" and row.val_accuracy]
    if not figures:
        return ""
    best, last = max(figures.values()), figures[max(figures)]
    if floats and best < _COLLAPSED * max(floats):
        return (
            f"no epoch with {_cause(front)} came near the float baseline: {100 * best:.1f} % of the "
            f"validation part are right, {100 * max(floats):.1f} % in float; {_gentler(front, training)}"
        )
    if last >= _COLLAPSED * best:
        return ""
    epoch = max(epoch for epoch, accuracy in figures.items() if accuracy >= _COLLAPSED * best)
    return (
        f"{_cause(front)} became too strong: after epoch {epoch} the validation accuracy fell from "
        f"{100 * best:.1f} % to {100 * last:.1f} %; "
        f"the front keeps {front.count}; {_what_worked(front, training, epoch)}"
    )


def one_point(front: Front, training: Training) -> str:
    """A sentence about a front of one checkpoint, which is no choice; "" if there are more."""
    if len(front.points) != 1:
        return ""
    (point,) = front.points
    reason = f"epoch {point.epoch} of {training.epochs} beats all others in both figures"
    if training.epochs == 1:
        return "the front has one point, since there is one epoch; take more of them: --epochs 100"
    if front.unit == "weights kept":
        return (
            f"the front has one point: {reason}, and epochs in which all is pruned have about the same cost; "
            "prune by other shares for others: --set training.pruning.sparsity=S"
        )
    penalty = training.bit_penalty
    if point.epoch == training.epochs:
        return (
            f"the front has one point: {reason}, so the penalty took bits off faster than accuracy; go on "
            f"with --epochs {10 * training.epochs}, or --set training.bit_penalty.last={10 * penalty.last:g}"
        )
    return (
        f"the front has one point: {reason}, so what the penalty takes is all or nothing; let it rise more "
        f"slowly: --epochs {10 * training.epochs}, or --set training.bit_penalty.first={penalty.first / 10:g}"
    )


def _cause(front: Front) -> str:
    return "the pruning" if front.unit == "weights kept" else "the penalty"


def _gentler(front: Front, training: Training) -> str:
    """Settings with less of the cause, where no epoch tells one that worked."""
    if front.unit == "weights kept":
        if training.pruning.fan_in and not training.pruning.share:
            name, count = min(training.pruning.fan_in.items(), key=lambda each: each[1])
            return f"prune less: --set training.pruning.fan_in.{name}={2 * count}, or train longer"
        left = training.pruning.share / 2
        return f"prune less: --set training.pruning.sparsity={left:.2g}, or train longer"
    penalty = training.bit_penalty
    return (
        f"begin with a weaker one: --set training.bit_penalty.first={penalty.first / 100:.2g} "
        f"--set training.bit_penalty.last={penalty.last / 100:.2g}, "
        "or with more bits: --set quantizers.weights.bits=8"
    )


def _what_worked(front: Front, training: Training, epoch: int) -> str:
    """The setting of the last epoch that was good, counted from 1."""
    if front.unit == "weights kept":
        share = training.pruning.share * training.pruning.done(epoch - 1, training.epochs)
        if not share:
            return _gentler(front, training)
        return (
            f"that epoch had pruned {share:.2g} of the weights: --set training.pruning.sparsity={share:.2g}"
        )
    strength = training.bit_penalty.strength(epoch - 1, training.epochs)
    return (
        f"that epoch had a strength of {strength:.2g}: --set training.bit_penalty.last={strength:.2g} gives "
        "more of them"
    )
