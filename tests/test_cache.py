"""The cache of compiled programs: a home that cannot be written, none at all, somebody else's folder."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from edgeml.cache import cache_folder
from edgeml.errors import EdgemlError


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("EDGEML_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.mark.parametrize("variable", ["EDGEML_CACHE", "XDG_CACHE_HOME"])
def test_the_folder_that_was_named(variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "named"))
    assert cache_folder("verilog") == tmp_path / "named" / "edgeml" / "verilog"
    assert cache_folder("verilog").is_dir()


def test_the_users_own(tmp_path: Path) -> None:
    assert cache_folder("hls4ml") == tmp_path / "home" / ".cache" / "edgeml" / "hls4ml"


@pytest.mark.parametrize("home", ["/proc/nowhere", "/dev/null", "a\nfile"])
def test_a_home_that_cannot_be_written(home: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "a\nfile").touch()
    monkeypatch.setenv("HOME", home if home.startswith("/") else str(tmp_path / home))
    found = cache_folder("verilog")
    assert found == tmp_path / f"edgeml-cache-{os.geteuid()}" / "verilog"
    (found.parent).mkdir(exist_ok=True)
    assert found.parent.stat().st_mode & 0o077 == 0


def test_no_home_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", home)
    assert cache_folder("verilog").is_relative_to(tmp_path)


def test_a_named_folder_that_cannot_be_written_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEML_CACHE", "/proc/nowhere")
    with pytest.raises(EdgemlError, match="cannot keep compiled simulations there") as caught:
        cache_folder("verilog")
    assert "EDGEML_CACHE" in caught.value.hint and "/proc/nowhere" in caught.value.where


@pytest.mark.parametrize("what", ["open to all", "a link", "a file"])
def test_programs_of_others_are_not_run(what: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", "/proc/nowhere")
    place = tmp_path / f"edgeml-cache-{os.geteuid()}"
    if what == "open to all":
        place.mkdir()
        place.chmod(0o777)
    elif what == "a link":
        (tmp_path / "other").mkdir()
        place.symlink_to(tmp_path / "other")
    else:
        place.touch()
    with pytest.raises(EdgemlError) as caught:
        cache_folder("verilog")
    assert "EDGEML_CACHE" in caught.value.hint
