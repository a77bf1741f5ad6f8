"""An exact ONNX model of another graph, and the same run after its files were written anew."""

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
    file = run.folder / "onnx" / "exact.onnx"
    content = bytearray(file.read_bytes())
    place = content.index(b"fc") if b"fc" in content else len(content) // 2
    file.write_bytes(bytes(content[:place]))
    pipeline.check(run)
    return collect(run)


def mended(folder: Path, verdicts: tuple[RunVerdict, ...]) -> Facts:
    assert all("edgeml export runs/run --to onnx && edgeml check runs/run" in one.command for one in verdicts)
    run = Run.open(folder / "run")
    pipeline.export(run, ["onnx"], {})
    pipeline.check(run)
    return collect(run)
