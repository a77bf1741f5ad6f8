"""Every tool of the folder is described, and is found when it is there."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from edgeml import tools
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.tools import InstalledTool, Tool


@pytest.fixture
def empty_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A PATH that holds one empty folder, and a Python that has no programs beside it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    return folder


def program(folder: Path, name: str, script: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("name", tools.names())
class TestEveryTool:
    def test_is_described(self, name: str) -> None:
        tool = tools.load(name)
        assert isinstance(tool, Tool)
        assert tool.name == name
        assert tool.summary
        assert tool.install
        assert tool.executables
        re.compile(tool.pattern)

    def test_is_found_or_its_installation_explained(self, name: str, empty_path: Path) -> None:
        tool = tools.load(name)
        if not tool.package:
            assert tools.find(name) is None
            with pytest.raises(MissingToolError, match=re.escape(tool.install)):
                tools.need(name)
        path = program(empty_path, tool.executables[0], "echo Tool v2025.1 build 7, Version 2025.1")
        found = tools.need(name)
        assert (found.path, found.version[:4]) == (path, "2025")

    def test_a_silent_or_broken_program_has_no_version(self, name: str, empty_path: Path) -> None:
        program(empty_path, tools.load(name).executables[0], "exit 3")
        found = tools.find(name)
        assert isinstance(found, InstalledTool)
        assert found.version == ""


def test_a_program_that_hangs_has_no_version(empty_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgeml.tools._base._PROBE_SECONDS", 0.5)
    program(empty_path, "g++", "exec /bin/sleep 30")
    found = tools.find("gxx")
    assert found is not None
    assert found.version == ""


def test_a_package_tells_its_version_without_being_run(
    empty_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = Tool("x", "does it", "pip install pytest", ("pytest",))
    monkeypatch.setattr(sys, "executable", str(empty_path / "python"))
    program(empty_path, "pytest", "exit 1")
    found = tool.find()
    assert found is not None
    assert found.version == pytest.__version__


def test_a_program_in_a_package(empty_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "somewhere" / "bundled_tool"
    (package / "bin").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(package.parent)
    inside = program(package / "bin", "tool", 'echo "version 1.5 in $TOOL_ROOT"')
    found = Tool("x", "does it", "get it", ("tool",), package="bundled_tool", root="TOOL_ROOT").find()
    assert found is not None
    assert (found.path, found.version) == (inside, "1.5")
    assert found.environment == {"TOOL_ROOT": str(package)}


def test_an_unknown_tool_has_near_matches() -> None:
    with pytest.raises(EdgemlError, match="unknown tool 'yosis' .did you mean yosys"):
        tools.find("yosis")
