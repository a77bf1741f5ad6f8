"""A shell, and a tiny trained run that tests may copy and damage."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.command import Shell
from tests.cli.made_up import made_up

__all__ = ["made_up"]


@pytest.fixture
def edgeml(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Shell:
    """`edgeml("list", "boards")` gives exit code and output."""
    return Shell(monkeypatch, capfd)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """iris_mlp after two epochs, lowered and exported to ONNX: little accuracy, all the files."""
    from edgeml import pipeline, presets
    from edgeml.training.train import train

    preset = presets.load("iris_mlp")
    folder = tmp_path_factory.mktemp("runs") / "iris"
    run = train(preset, folder, presets.choose(preset, ("training.float_epochs=2", "training.epochs=2")))
    pipeline.lower(run)
    pipeline.export(run, ["onnx", "qonnx"], pipeline.target_settings(run, {}))
    return folder


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    """A copy of that run for one test."""
    return Path(shutil.copytree(trained, tmp_path / "iris"))
