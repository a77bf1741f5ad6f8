"""An exact run that nobody proved, and the same after `edgeml prove`."""

from __future__ import annotations

from pathlib import Path

from edgeml import pipeline
from edgeml.report.collect import collect
from edgeml.report.facts import Facts
from edgeml.report.verdict import RunVerdict
from edgeml.runs import Run
from tests.report.verdicts._made import small_run


def broken(folder: Path) -> Facts:
    run = small_run(folder / "run")
    pipeline.export(run, ["onnx"], {})
    pipeline.check(run)
    return collect(run)


def mended(folder: Path, verdicts: tuple[RunVerdict, ...]) -> Facts:
    (found,) = verdicts
    assert found.command == "edgeml prove runs/run && edgeml report runs/run"
    run = Run.open(folder / "run")
    pipeline.prove(run, ["onnx"])
    return collect(run)
