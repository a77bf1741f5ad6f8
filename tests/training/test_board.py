"""TensorBoard's files, read back by TensorBoard's own reader."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml import presets
from edgeml.errors import EdgemlError
from edgeml.keras.load import load_model
from edgeml.training.train import train
from tests.training.test_training import PRESET

KINDS = ("histograms", "graph", "images", "embeddings", "pr_curves", "hparams")


@pytest.mark.slow
def test_all_that_is_asked_for_is_written_and_changes_no_weight(tmp_path):
    from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer

    path = tmp_path / "net.py"
    path.write_text(PRESET.replace("float_epochs=5, epochs=6", "float_epochs=2, epochs=2"))
    preset = presets.load(path)
    plain = train(preset, tmp_path / "plain")
    choices = presets.choose(preset, [f"training.tensorboard={list(KINDS)}"])
    run = train(preset, tmp_path / "run", choices)
    for one, two in zip(
        load_model(plain.model_file).weights, load_model(run.model_file).weights, strict=True
    ):
        np.testing.assert_array_equal(one.numpy(), two.numpy())
    events = EventMultiplexer()
    events.AddRunsFromDirectory(str(run.logs))
    events.Reload()
    found = events.GetAccumulator("qat/validation")
    tags = set(found.Tags()["tensors"])
    curve = "pr_curve/setosa/pr_curves"
    assert {"epoch_loss", "weights/fc1/kernel", "results/act1", curve, "val_loss"} <= tags
    assert [event.step for event in found.Tensors("weights/fc1/kernel")] == [1, 2]
    assert found.Tags()["graph"]
    assert found.SummaryMetadata("_hparams_/session_start_info").plugin_data.plugin_name == "hparams"
    assert found.SummaryMetadata(curve).plugin_data.plugin_name == "pr_curves"
    folder = run.logs / "qat" / "validation"
    hidden, labels = ((folder / name).read_text().splitlines() for name in ("hidden.tsv", "labels.tsv"))
    assert len(hidden) == len(labels) == len(run.data().x_val) and set(labels) <= set(run.data().class_names)
    assert "hidden.tsv" in (folder / "projector_config.pbtxt").read_text()
    assert not (plain.logs / "qat" / "validation" / "hidden.tsv").exists()


def test_an_unknown_part_is_refused_with_those_there_are(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(PRESET)
    with pytest.raises(EdgemlError, match=r"training\.tensorboard.*'histograms', 'graph'"):
        presets.choose(presets.load(path), ["training.tensorboard=['histogram']"])
