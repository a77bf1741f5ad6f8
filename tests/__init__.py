"""Tests, in folders that mirror the package; shared helpers are in `tests.support`."""
