"""Simulations are built into a folder of the test run, where Verilator's runtime is compiled once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def simulation_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """EDGEML_CACHE for the session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGEML_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
