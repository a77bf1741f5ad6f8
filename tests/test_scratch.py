"""Scratch folders of killed commands are deleted; those of living ones are not."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import edgeml
from edgeml.scratch import scratch_folder, sweep

_MAIN = """
import sys, time
from pathlib import Path
from edgeml.scratch import scratch_folder
with scratch_folder(Path(sys.argv[1]) if len(sys.argv) > 1 else None) as folder:
    (folder / "half.o").write_text("half")
    print(folder, flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("cache", [False, True])
def test_a_killed_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: bool) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    words = [sys.executable, "-c", _MAIN, *([str(one)] if cache else [])]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        with scratch_folder(other if cache else None):
            assert (folder / "half.o").exists(), "it lives"
        process.send_signal(signal.SIGKILL)
    assert folder.exists()
    with scratch_folder(other if cache else None) as mine:
        assert not folder.exists()
        assert mine.parent == (other if cache else tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["one", "other"]


def test_folders_of_others_stay(tmp_path: Path) -> None:
    """Of other machines what is not a day old, names that are nobody's scratch, files and links."""
    fresh = tmp_path / "edgeml-scratch-00000000-1-1-abcdefgh"
    old = tmp_path / "edgeml-scratch-00000000-1-1-hgfedcba"
    earlier = tmp_path / "edgeml-abcd_123"
    others = [tmp_path / name for name in ("edgeml-cache-0", "edgeml-my-results", "mine")]
    for folder in (fresh, old, earlier, *others):
        folder.mkdir()
    for folder in (old, earlier, *others):
        os.utime(folder, (0, 0))
    (tmp_path / "edgeml-abcdefgh").write_text("a file")
    (tmp_path / "edgeml-hgfedcba").symlink_to(fresh)
    sweep(tmp_path)
    assert not old.exists() and not earlier.exists()
    assert len(list(tmp_path.iterdir())) == 6


def test_no_other_temporary_folders() -> None:
    """A folder that tempfile makes under another name would stay after a kill; files.py's own are healed."""
    root = Path(edgeml.__file__).parent
    users = [
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if re.search(r"TemporaryDirectory|mkdtemp", path.read_text(encoding="utf-8"))
    ]
    assert sorted(users) == ["files.py", "scratch.py"]
