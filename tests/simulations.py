"""Simulations are built into a folder of the test run, where Verilator's runtime is compiled once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def simulation_cache(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[None]:
    """EDGEML_CACHE for the session; pytest's workers share it, as names in it are digests of the contents."""
    folder = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):  # pytest-xdist's workers have a folder each in one
        folder = folder.parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGEML_CACHE", str(folder / "simulations"))
        yield
