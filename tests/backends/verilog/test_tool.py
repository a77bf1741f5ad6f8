"""The versions of Verilator that will do."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeml.tools import InstalledTool, Tool, verilator


@pytest.mark.parametrize(
    ("version", "message"), [("4.038", "tells version 4.038"), ("", "tells version none"), ("5.006", "")]
)
def test_an_old_verilator_is_named(version: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tool, "find", lambda tool: InstalledTool(Path("/usr/bin/verilator"), version))
    assert message in verilator.missing() and bool(verilator.missing()) == bool(message)


def test_no_verilator_tells_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tool, "find", lambda tool: None)
    assert "apt-get install verilator" in verilator.missing()
