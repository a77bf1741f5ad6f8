"""A run without check.json, and the same after its artefacts were written and checked."""

from __future__ import annotations

from pathlib import Path

from edgeml import pipeline
from edgeml.report.collect import collect
from edgeml.report.facts import Facts
from edgeml.report.verdict import RunVerdict
from edgeml.runs import Run
from tests.report.verdicts._made import small_run


def broken(folder: Path) -> Facts:
    return collect(small_run(folder / "run"))


def mended(folder: Path, verdicts: tuple[RunVerdict, ...]) -> Facts:
    (found,) = verdicts
    assert "edgeml export runs/run && edgeml check runs/run" in found.command
    run = Run.open(folder / "run")
    pipeline.export(run, ["onnx"], {})
    pipeline.check(run)
    return collect(run)
