"""Bad input gives one clear error, exit code 2, no traceback, and nothing half-written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command import Shell


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("train", "digit_mlp"), "did you mean digits_mlp"),
        (("run", "mnist_mpl"), "did you mean mnist_mlp"),
        (("train", "missing.py"), "missing.py"),
        (("train", "digits_mlp", "--set", "trainin.epochs=3"), "did you mean training"),
        (("train", "digits_mlp", "--set", "training.epochs=zero"), "training.epochs"),
        (("train", "digits_mlp", "--set", "training.epochs"), "KEY=VALUE"),
        (("train", "digits_mlp", "--set", "quantizers.weights.bits=99"), "quantizers.weights.bits"),
        (("train", "digits_mlp", "--set", "data.dataset=mnst"), "did you mean mnist"),
        (("check", "nowhere"), "not a run folder"),
        (("report", "nowhere"), "not a run folder"),
        (("export", "nowhere", "--to", "onnx"), "not a run folder"),
        (("list", "bords"), "did you mean boards"),
        (("train", "digits_mlp", "--bogus"), "--bogus"),
        (("train", "no_such_run", "--pick", "2"), "is not a run folder"),
    ],
)
def test_before_there_is_a_run(
    edgeml: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = edgeml(*args)
    assert outcome.code == 2
    assert said in outcome.err
    assert "Traceback" not in outcome.err
    assert outcome.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("export", "--to", "onx"), "did you mean onnx"),
        (("export", "--to", ","), "names nothing"),
        (("export", "--to", "hls4ml", "--board", "pynq-z3"), "did you mean pynq-z"),
        (("export", "--to", "hls4ml", "--hls-backend", "Vits"), "hls4ml options"),
        (("export", "--to", "hls4ml", "--set", "hls4ml.reuse=2"), "did you mean reuse_factor"),
        (("export", "--to", "hls4ml", "--set", "hls4ml.reuse_factor=7"), "reuse"),
        (("export", "--to", "onnx", "--set", "hls4m.reuse_factor=1"), "did you mean hls4ml"),
        (("check", "--with", "hls"), "did you mean hls4ml"),
        (("check", "--samples", "-3"), "-3"),
    ],
)
def test_of_a_run(edgeml: Shell, run: Path, args: tuple[str, ...], said: str) -> None:
    before = contents(run)
    outcome = edgeml(args[0], str(run), *args[1:])
    assert outcome.code == 2, outcome
    assert said in outcome.err
    assert "Traceback" not in outcome.err
    (run / "export.json").unlink()
    before.pop("export.json")
    assert contents(run) == before


@pytest.mark.parametrize(
    "name", ["config.toml", "graph.json", "graph.npz", "golden.npz", "onnx/exact.onnx", "model.keras"]
)
def test_a_truncated_file_is_named(edgeml: Shell, run: Path, name: str) -> None:
    path = run / name
    whole = path.read_bytes()
    for size in (0, len(whole) // 3, len(whole) - 7):
        path.write_bytes(whole[:size])
        outcome = edgeml("check", str(run), "--with", "evaluate,keras,onnx")
        artefact = name in ("onnx/exact.onnx", "model.keras")
        assert outcome.code == (1 if artefact else 2), (size, outcome)
        assert Path(name).name in (outcome.out if artefact else outcome.err)
        assert "Traceback" not in outcome.err
        if artefact:  # the row's own trouble: the others are compared all the same
            rows = {row["backend"]: row for row in json.loads((run / "check.json").read_text())["results"]}
            damaged = "keras" if name == "model.keras" else "onnxruntime"
            assert {n: (r["status"], r["failed"]) for n, r in rows.items()} == {
                n: ("not-run", True) if n == damaged else ("exact", False) for n in rows
            }


@pytest.mark.parametrize("name", ["golden.npz", "graph.json", "model.keras"])
def test_a_missing_file_is_named_or_not_run(edgeml: Shell, run: Path, name: str) -> None:
    (run / name).unlink()
    outcome = edgeml("check", str(run), "--with", "evaluate,keras")
    if name == "model.keras":
        assert outcome.code == 0
        assert "not run" in outcome.out and "no Keras model" in outcome.out
    else:
        assert outcome.code == 2
        assert "iris" in outcome.err


def test_what_was_not_exported_is_not_run(edgeml: Shell, run: Path) -> None:
    outcome = edgeml("check", str(run), "--with", "hls4ml")
    assert outcome.code == 0
    assert "not run" in outcome.out and "edgeml export" in outcome.out
    assert "nothing is proven" in outcome.err


def contents(folder: Path) -> dict[str, bytes]:
    """Every file with its bytes."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
