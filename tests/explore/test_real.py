"""Real trials of iris_mlp: processes change nothing, a pick has the trial's integers, and so has its line."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from edgeml.explore.record import FILE, StudyRecord
from tests.cli.command import Shell

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ARGUMENTS = (
    *("explore", "iris_mlp", "--board", "pynq-z2", "--trials", "4", "--generation", "4"),
    *("--max-accuracy-loss", "60", "--epochs", "4", "--knobs", "sizes,weight_bits,activation_bits,layout"),
)


@pytest.fixture
def study(edgeml: Shell, tmp_path: Path) -> Path:
    done = edgeml(*ARGUMENTS, "--out", str(tmp_path / "study"), "--jobs", "2")
    assert done.code == 0, done.err
    return tmp_path / "study"


def test_jobs_pick_and_line(study: Path, edgeml: Shell, tmp_path: Path) -> None:
    record = StudyRecord.read(study / FILE)
    assert record.front
    done = edgeml(*ARGUMENTS, "--out", str(tmp_path / "one"))
    assert done.code == 0, done.err
    one = StudyRecord.read(tmp_path / "one" / FILE)
    plain = {"seconds"}
    assert [row.model_dump(exclude=plain) for row in one.front] == [
        row.model_dump(exclude=plain) for row in record.front
    ]
    assert one.columns == record.columns

    best = record.front[0]
    done = edgeml("explore", str(study), "--pick", str(best.number), "--out", str(tmp_path / "run"), "--json")
    assert done.code == 0, done.err
    picked = json.loads(done.out)
    assert picked["graph"] == best.graph

    # The line gives the same integers from the preset alone.
    words = shlex.split(picked["command"])
    done = edgeml(*words[1:], "--out", str(tmp_path / "again"), "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["graph"] == best.graph

    # So does a trial whose run folder is gone.
    for kept in (study / "trials").iterdir():
        kept.rename(tmp_path / f"away-{kept.name}")
    done = edgeml(
        "explore", str(study), "--pick", str(best.number), "--out", str(tmp_path / "third"), "--json"
    )
    assert done.code == 0, done.err
    assert json.loads(done.out)["graph"] == best.graph
    done = edgeml("export", str(tmp_path / "run"), "--to", "onnx")
    assert done.code == 0, done.err
    assert edgeml("check", str(tmp_path / "run"), "--with", "onnx").code == 0
