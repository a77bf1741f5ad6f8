"""A diagnosis on models whose fault is known."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import edgeml
from edgeml import presets
from edgeml.checks.result import Check, Difference, Result
from edgeml.diagnose.again import again
from edgeml.diagnose.result import Diagnosis
from edgeml.diagnose.run import diagnose
from edgeml.diagnose.score import Measure
from edgeml.errors import EdgemlError
from edgeml.importers.run import import_model, lower_import
from edgeml.keras.load import load_model
from edgeml.keras.lower import lower_model
from edgeml.runs import Run
from edgeml.training.build import build_model
from tests.diagnose.runs import data_file, preset_run

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@dataclass(frozen=True)
class Diagnosed:
    """A run whose hidden type clips, its diagnosis, and what both lie in.

    Args:
        folder: of the preset and the run.
        run: the run.
        result: its diagnosis.
        before: the run's files before it, by name.
    """

    folder: Path
    run: Run
    result: Diagnosis
    before: Mapping[str, bytes]


@pytest.fixture(scope="module")
def clipping(tmp_path_factory: pytest.TempPathFactory) -> Diagnosed:
    """Diagnosed once for all: it tries two dozen changes, and no test changes it."""
    folder = tmp_path_factory.mktemp("clipping")
    run = preset_run(folder)
    before = {path.name: path.read_bytes() for path in run.folder.iterdir()}
    return Diagnosed(folder, run, edgeml.diagnose(run), before)


def test_a_type_that_clips_is_named_and_the_setting_wins_it_back(clipping: Diagnosed) -> None:
    result = clipping.result
    assert (result.measure, result.samples) == (Measure.ACCURACY, 300)
    assert result.in_float > 0.98 > 0.7 > result.fixed
    by_layer = {row.layer: row for row in result.layers}
    assert set(by_layer) == {"x", "fc", "act", "logits"}
    act, fc = by_layer["act"], by_layer["fc"]
    assert act.only_float is not None and act.only_float > 0.98
    assert act.only_quantized == result.fixed
    assert fc.weights and fc.only_float == result.fixed and fc.casts == ()
    (cast,) = act.casts
    assert cast.saturated > 0.4 and cast.wrapped == 0 and cast.low_bits == 2 and cast.sqnr_db is not None
    first = result.changes[0]
    assert first.settings[0].startswith("quantizers.layers.act.activations.integer=")
    assert first.score > 0.98 and first.gain == pytest.approx(first.score - result.fixed)
    assert first.bit_operations == 1.0  # the point is moved, no bit is added
    costs = [change.bit_operations for change in result.changes]
    assert costs == sorted(costs)
    assert {path.name: path.read_bytes() for path in clipping.run.folder.iterdir()} == clipping.before


def test_the_score_of_a_change_is_that_of_its_settings(clipping: Diagnosed) -> None:
    run, change = clipping.run, clipping.result.changes[0]
    preset = presets.load(clipping.folder / "sums.py")
    model = build_model(preset, presets.choose(preset, change.settings))
    model.set_weights(load_model(run.model_file).get_weights())
    graph, data = lower_model(model).graph, run.data()
    values = edgeml.evaluate(graph, data.x_test)
    assert np.mean(np.asarray(values).argmax(axis=1) == data.y_test) == change.score


def test_a_run_that_loses_nothing_has_no_changes(tmp_path: Path) -> None:
    result = diagnose(preset_run(tmp_path, integer=2))
    assert result.fixed > 0.97 and result.gap < 0.02
    assert result.changes == () or result.changes[0].gain <= result.gap + 0.01


def test_an_import_gets_options_for_stated_types(tmp_path: Path) -> None:
    trained = preset_run(tmp_path, integer=2)
    settings = {"data": {"dataset": str(data_file(tmp_path))}, "lowering": {"input_type": "ufixed<4,0>"}}
    run = import_model(trained.model_file, tmp_path / "imported", settings)
    lower_import(run)
    result = diagnose(run)
    assert result.changes[0].settings[0].startswith('lowering.input_type="ufixed<')
    assert result.changes[0].score > result.fixed


def test_without_labels_it_is_the_agreement_with_float(tmp_path: Path) -> None:
    trained = preset_run(tmp_path)
    unlabelled = tmp_path / "x.npz"
    np.savez(unlabelled, x=np.random.default_rng(1).uniform(0, 2, (400, 2)).astype(np.float32))
    run = import_model(trained.model_file, tmp_path / "imported", {"data": {"dataset": str(unlabelled)}})
    lower_import(run)
    result = diagnose(run)
    assert result.measure is Measure.AGREEMENT and result.in_float == 1.0 > result.fixed
    assert result.changes and all(change.settings == () for change in result.changes)
    assert "in the model's own quantizer" in result.changes[0].text


def test_a_mismatch_of_the_last_check_is_shown(tmp_path: Path) -> None:
    run = preset_run(tmp_path, integer=2)
    assert any("check.json" in reason for reason in diagnose(run, samples=20).not_run)
    first = Difference(op="act", index=(3, 1), expected=5, got=6)
    row = Result(backend="hls4ml", status="mismatch", mismatches=1, max_abs_lsb=1, first=first, reason="why")
    check = Check(model="sums", graph=run.graph().digest, samples=20, results=(row,))
    run.check_file.write_text(check.to_json())
    result = edgeml.diagnose(run, samples=20)
    assert result.samples == 20
    (mismatch,) = result.mismatches
    assert (mismatch.artefact, mismatch.layer, mismatch.element) == ("hls4ml", "act", (3, 1))
    assert (mismatch.expected, mismatch.got, mismatch.cause) == (5, 6, "why")


def test_the_command_to_make_it_again_keeps_its_settings(clipping: Diagnosed) -> None:
    words = shlex.split(again(clipping.run, ["quantizers.activations.integer=2", "targets.board=basys3"]))
    assert words[:3] == ["edgeml", "train", str(clipping.folder / "sums.py")]
    assert words[3::2] == ["--set"] * 3
    settings = ['data.task="classification"', "quantizers.activations.integer=2", "targets.board=basys3"]
    assert words[4::2] == settings
    preset = presets.load(clipping.folder / "sums.py")
    assert presets.choose(preset, [w for w in words[3:] if w != "--set"]).quantizers.activations.integer == 2


def test_a_run_without_a_graph_is_refused(tmp_path: Path) -> None:
    run = preset_run(tmp_path)
    run.graph_file.unlink()
    with pytest.raises(EdgemlError, match="no exact graph"):
        edgeml.diagnose(run)


def test_it_is_one_document(clipping: Diagnosed) -> None:
    document = clipping.result.model_dump_json()
    assert json.loads(document)["measure"] == "accuracy"
    assert Diagnosis.model_validate_json(document) == clipping.result
