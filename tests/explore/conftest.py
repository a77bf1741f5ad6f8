"""The command line in this process."""

from __future__ import annotations

import pytest

from tests.cli.command import Shell


@pytest.fixture
def edgeml(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Shell:
    """`edgeml("explore", ...)` gives exit code and output."""
    return Shell(monkeypatch, capfd)
