"""The learning-rate range test: its rule on made losses, and both phases of a small network."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml import pipeline, presets
from edgeml.runs import FIND_LR, Run
from edgeml.training.find_rate import smooth, suggest
from tests.training.test_training import PRESET

RATES = list(np.geomspace(1e-6, 1.0, 61))


def test_the_steepest_descent_is_suggested():
    falls_at_1e_3 = [2.0 - 1.5 / (1 + (1e-3 / rate) ** 2) + (rate > 0.1) * 10 * rate for rate in RATES]
    assert suggest(RATES, falls_at_1e_3) == pytest.approx(1e-3, rel=0.3)
    assert suggest(RATES, [2.0] * 61) is None
    assert suggest(RATES, [2.0 + rate for rate in RATES]) is None


def test_the_mean_is_corrected_for_its_beginning():
    assert smooth([4.0]) == [4.0]
    assert smooth([1.0, 3.0])[1] == pytest.approx((0.8 * 0.2 * 1 + 0.2 * 3) / (1 - 0.64))


@pytest.mark.slow
@pytest.mark.parametrize("settings", [[], ["training.optimizer=sgd", "training.loss=mean_squared_error"]])
def test_both_phases_and_one_file(tmp_path, settings):
    path = tmp_path / "net.py"
    path.write_text(PRESET)
    preset = presets.load(path)
    choices, folder = presets.choose(preset, settings), tmp_path / "run"
    tests = pipeline.find_learning_rates(preset, choices, folder)
    assert [test.phase for test in tests] == ["float", "qat"]
    assert [file.name for file in folder.iterdir()] == [FIND_LR]
    for test in tests:
        assert len(test.rates) == len(test.losses) == len(test.smoothed) > 20
        assert test.rates == tuple(sorted(test.rates)) and np.isfinite(test.losses).all()
    assert tests[0].suggestion is not None and 1e-5 < tests[0].suggestion <= 1.0
    text = (folder / FIND_LR).read_text()
    assert text.count('<svg class="chart"') == 2 and "initial weights" in text
    from edgeml.presets import prepare
    from edgeml.runconfig import RunConfig

    assert Run.create(folder, RunConfig.of(preset, choices, prepare(choices.data))).folder == folder
