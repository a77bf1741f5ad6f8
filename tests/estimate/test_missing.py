"""Estimates where the package that makes adder graphs is not installed: one error, with its command."""

from __future__ import annotations

import sys

import pytest

import edgeml
from edgeml.backends.verilog import linear
from edgeml.errors import MissingToolError
from tests import zoo


def test_da4ml_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    linear._solved.cache_clear()
    monkeypatch.setitem(sys.modules, "da4ml.cmvm", None)
    with pytest.raises(MissingToolError, match="da4ml is not installed") as caught:
        edgeml.estimate(zoo.mlp(), "pynq-z2")
    assert caught.value.hint
