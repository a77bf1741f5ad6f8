"""Learned widths in training: the front, the checkpoint that is taken, a penalty that is too strong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from edgeml import presets
from edgeml.errors import EdgemlError
from edgeml.presets import BitPenalty
from edgeml.runs import Run
from edgeml.training.progress import EpochRow
from edgeml.training.small.front import Checkpoint, Front, collapse
from edgeml.training.small.penalty import bit_operations
from edgeml.training.small.pick import check_learned, front_of, pick
from edgeml.training.train import train

OPTIONS = ["training.float_epochs=4", "training.bit_penalty.last=1e-3"]


def point(epoch: int, accuracy: float, operations: float) -> Checkpoint:
    return Checkpoint(
        epoch=epoch, strength=1e-6, bit_operations=operations, val_loss=1.0, val_accuracy=accuracy
    )


def offered(folder: Path, *figures: tuple[float, float]) -> Front:
    front = Front(folder)
    for epoch, (accuracy, operations) in enumerate(figures, 1):
        front.offer(point(epoch, accuracy, operations), [np.full(2, epoch)])
    return front


def test_beaten_checkpoints_go_and_files_follow(tmp_path: Path) -> None:
    front = offered(tmp_path, (0.8, 900), (0.9, 1000), (0.9, 950), (0.7, 1200), (0.9, 950), (0.5, 10))
    assert [(each.epoch, each.bit_operations) for each in front.points] == [(6, 10), (1, 900), (5, 950)]
    assert {file.name for file in tmp_path.iterdir()} == {"front.json", "1.npz", "5.npz", "6.npz"}
    again = Front(tmp_path)
    assert again.points == front.points
    np.testing.assert_array_equal(again.weights(again.points[2]), [[5, 5]])


def test_an_epoch_that_is_trained_again_changes_nothing(tmp_path: Path) -> None:
    figures = ((0.8, 900), (0.9, 1000), (0.95, 2000))
    front = offered(tmp_path, *figures)
    before = front.points
    assert offered(tmp_path, *figures).points == before


def test_the_cheapest_within_the_accuracy_that_may_be_lost_is_chosen(tmp_path: Path) -> None:
    front = offered(tmp_path, (0.98, 2000), (0.975, 1000), (0.9, 100))
    assert front.chosen(BitPenalty()).epoch == 2
    assert front.chosen(BitPenalty(max_accuracy_loss=0.0)).epoch == 1
    assert front.chosen(BitPenalty(max_accuracy_loss=0.2)).epoch == 3
    assert front.chosen(BitPenalty(pick=3)).epoch == 1
    with pytest.raises(EdgemlError, match="has 3 checkpoints, number 4 is asked for .* from 1 to 3"):
        front.chosen(BitPenalty(pick=4))


def test_a_collapse_is_said(tmp_path: Path) -> None:
    def row(epoch: int, accuracy: float) -> EpochRow:
        return EpochRow("qat", epoch, 1e-3, 0.1, accuracy, 0.1, accuracy)

    front = offered(tmp_path, (0.97, 2000))
    rows = [row(1, 0.95), row(2, 0.97), row(3, 0.3), row(4, 0.1)]
    assert "after epoch 2 the validation accuracy fell from 97.0 % to 10.0 %" in collapse(front, rows)
    assert collapse(front, rows[:2]) == ""


def test_the_strength_has_to_rise() -> None:
    with pytest.raises(EdgemlError, match=r"falls from first = 0\.01 to last = 0\.001"):
        presets.choose(
            presets.load("digits_learned"),
            ["training.bit_penalty.first=1e-2", "training.bit_penalty.last=1e-3"],
        )


def test_stated_widths_have_no_front() -> None:
    preset = presets.load("digits_mlp")
    with pytest.raises(EdgemlError, match="has no learned widths, so its front would be one"):
        check_learned(preset, presets.choose(preset))


def test_a_training_leaves_a_front_and_each_point_is_a_run(tmp_path: Path) -> None:
    preset = presets.load("digits_learned")
    run = train(preset, tmp_path / "run", presets.choose(preset, OPTIONS, epochs=12))
    front = front_of(run)
    assert len(front.points) > 1
    assert front.points[0].bit_operations < front.points[-1].bit_operations
    listed = json.loads((run.front / "front.json").read_text())["points"]
    assert {f"{each['epoch']}.npz" for each in listed} | {"front.json"} == {
        file.name for file in run.front.iterdir()
    }
    from edgeml.keras.load import load_model

    chosen = front.chosen(BitPenalty())
    assert bit_operations(load_model(run.model_file)) == chosen.bit_operations
    picked = pick(run, 1, tmp_path / "picked")
    assert bit_operations(load_model(picked.model_file)) == front.points[0].bit_operations
    again = train(
        preset,
        tmp_path / "picked",
        presets.choose(preset, [*OPTIONS, "training.bit_penalty.pick=1"], epochs=12),
    )
    assert Run.open(picked.folder).config.training == again.config.training
