"""Remedies as a user takes them: the command of the verdict is run, and the new report lacks it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.docs import workshop

pytestmark = pytest.mark.slow


def edgeml(folder: Path, line: str) -> None:
    """Run a command line in a folder; 0 and 1 are answers."""
    with workshop.inside(folder):
        code, text = workshop.command(line)
    assert code in (0, 1), f"{line}\n{text[-2000:]}"


def verdicts(folder: Path, run: str) -> dict[str, Any]:
    """The verdicts of a run's report by code."""
    edgeml(folder, f"edgeml report runs/{run}")
    report = json.loads((folder / "runs" / run / "report.json").read_text())
    return {verdict["code"]: verdict for verdict in report["verdicts"]}


def test_a_longer_training_leaves_chance_and_more_bits_stop_clipping(tmp_path: Path) -> None:
    edgeml(tmp_path, "edgeml train iris_mlp --epochs 1 --out runs/short")
    found = verdicts(tmp_path, "short")
    assert found["at-chance"]["severity"] == "bad"
    longer = found["at-chance"]["command"].replace("edgeml run", "edgeml train")
    edgeml(tmp_path, f"{longer} --set quantizers.activations.integer=0")
    found = verdicts(tmp_path, "short-longer")
    assert "at-chance" not in found
    clipping = found["clips"]
    edgeml(tmp_path, clipping["command"].replace("edgeml run", "edgeml train"))
    after = verdicts(tmp_path, Path(clipping["command"].split()[-1]).name)
    assert "clips" not in after and "at-chance" not in after


def test_a_rare_class_is_predicted_once_it_counts_as_much(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    y = np.repeat([0, 1, 2], [600, 600, 24])
    x = random.normal(0, 1, (len(y), 4)).astype(np.float32)
    x[:, 0] += np.choose(y, [-1.5, 1.5, 1.5])
    x[:, 1] += np.choose(y, [0.0, 0.0, 1.0])
    np.savez(tmp_path / "rare.npz", x=x, y=y)
    edgeml(tmp_path, "edgeml train iris_mlp --epochs 15 --set data.dataset=rare.npz --out runs/rare")
    found = verdicts(tmp_path, "rare")["never-predicted"]
    assert "2 (" in found["text"]
    edgeml(tmp_path, found["command"].replace("edgeml run", "edgeml train"))
    assert "never-predicted" not in verdicts(tmp_path, "rare-balanced")
