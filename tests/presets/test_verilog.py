"""The particle-jet network in Verilog, unrolled, on random inputs: its data set cannot be shipped."""

from __future__ import annotations

import numpy as np
import pytest

import edgeml
from edgeml import presets
from edgeml.keras.backend import import_keras
from edgeml.tools import verilator
from edgeml.training.build import build_model

SAMPLES = 1000


@pytest.mark.slow
@pytest.mark.tool
@pytest.mark.skipif(bool(verilator.missing()), reason=verilator.missing() or "verilator is there")
def test_jets_in_verilog_is_exact_on_random_inputs() -> None:
    preset = presets.load("jets_mlp")
    import_keras().utils.set_random_seed(0)
    model = build_model(preset)
    rng = np.random.default_rng(0)
    x = rng.normal(0, 2, (SAMPLES, *model.input_shape[1:])).astype(np.float32)
    graph = edgeml.lower(model)
    result = edgeml.check(graph, x, ["verilog"])
    (row,) = [row for row in result.results if row.backend == "verilator"]
    assert (row.status, row.samples, row.mismatches) == ("exact", SAMPLES, 0), row.reason
    assert len(np.unique(edgeml.evaluate(graph, x))) > SAMPLES
