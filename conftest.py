"""Collection of tests, here so that it counts for the doctests of edgeml/ as well; the rest is in tests/."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
from _pytest.doctest import DoctestModule


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Only files with a doctest are searched for doctests, which takes importing them and all their names."""
    collectors = yield
    if not any(isinstance(one, DoctestModule) for one in collectors) or ">>>" in file_path.read_text("utf-8"):
        return collectors
    return [one for one in collectors if not isinstance(one, DoctestModule)]
