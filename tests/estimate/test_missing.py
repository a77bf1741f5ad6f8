"""Estimates where the package that makes adder graphs is not installed: one error, with its command."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import edgeml
from edgeml.errors import MissingToolError
from edgeml.ir import Builder
from edgeml.ir.ops.mat_mul import MatMul
from tests import zoo


def test_da4ml_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    # A layer of this test's own: adder graphs and counts of others are kept from earlier estimates.
    build = Builder("unseen")
    weights = build.const(np.random.default_rng(90).integers(-31, 32, (7, 5)), zoo.fixed(6, 0), "w")
    graph = build.graph(build.add(MatMul(), build.input((7,), zoo.fixed(6, 0), "x"), weights))
    monkeypatch.setitem(sys.modules, "da4ml.cmvm", None)
    with pytest.raises(MissingToolError, match="da4ml is not installed") as caught:
        edgeml.estimate(graph, "pynq-z2")
    assert caught.value.hint
