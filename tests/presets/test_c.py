"""Every preset as C, with random weights, on random inputs: the sanitizers see every layer."""

from __future__ import annotations

import numpy as np
import pytest

import edgeml
from edgeml import presets
from edgeml.keras.backend import import_keras
from edgeml.training.build import build_model
from tests.support import needs_c_compiler

SAMPLES = 20


@pytest.mark.slow
@pytest.mark.tool
@pytest.mark.parametrize("name", presets.names())
def test_every_preset_is_exact(name: str) -> None:
    needs_c_compiler()
    preset = presets.load(name)
    import_keras().utils.set_random_seed(0)
    model = build_model(preset)
    shape = model.input_shape[1:]
    x = np.random.default_rng(0).normal(0, 2, (SAMPLES, *shape)).astype(np.float32)
    result = edgeml.check(edgeml.lower(model), x, ["c"])
    (row,) = [row for row in result.results if row.backend == "c"]
    assert (row.status, row.mismatches) == ("exact", 0), row.reason
