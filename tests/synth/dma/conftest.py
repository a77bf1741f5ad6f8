"""One folder of compiled simulations for all tests of a run."""

from __future__ import annotations

from tests.simulations import simulation_cache

__all__ = ["simulation_cache"]
