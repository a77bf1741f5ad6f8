"""Subjects of the lint: types of layers, a configuration of hls4ml, and files of HGQ2."""

from __future__ import annotations

from pathlib import Path

import pytest

import edgeml
from edgeml import pipeline
from edgeml.errors import EdgemlError
from tests.importers.formats import hgq2
from tests.lint.nets import activation, model_of

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

CONFIG = """
Model: {}
LayerName:
  fc: {Precision: {weight: "fixed<16,6>", bias: "fixed<16,6>", result: "fixed<16,6>"}}
"""


@pytest.fixture
def in_float(tmp_path: Path) -> Path:
    """The file of a model whose layer is in float."""
    import keras

    model = model_of(activation("quantized_bits(6, 1, alpha=1)", "q"), keras.layers.Dense(2, name="fc"))
    model.save(tmp_path / "net.keras")
    return tmp_path / "net.keras"


def test_types_of_layers_take_the_finding_away(in_float: Path) -> None:
    def findings(**stated: object) -> list[str]:
        rows = edgeml.lint(in_float, **stated)  # pyright: ignore[reportArgumentType]
        return [finding.layer for finding in rows["unquantized-tensor"].findings]

    assert findings() == ["fc", "fc"]  # kernel and bias
    assert findings(layer_types={"fc": "fixed<16,6>"}) == []
    config = in_float.with_name("hls.yml")
    config.write_text(CONFIG)
    assert findings(hls4ml_config=config) == []


def test_a_configuration_beside_a_file_with_types_of_its_own_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "hls.yml"
    config.write_text(CONFIG)
    with pytest.raises(EdgemlError, match="this is a model of HGQ2") as caught:
        edgeml.lint(hgq2.sample(tmp_path), hls4ml_config=config)
    assert "leave it out" in caught.value.hint


def test_a_preset_refuses_types(tmp_path: Path) -> None:
    with pytest.raises(EdgemlError, match="--layer-type"):
        edgeml.lint("mnist_mlp", layer_types={"fc": "fixed<16,6>"})


def test_a_model_of_hgq2_and_its_run_are_no_models_of_keras(tmp_path: Path) -> None:
    file = hgq2.sample(tmp_path)
    run = edgeml.import_model(file, out=tmp_path / "run")
    for subject in (file, run.folder, run):
        rows = edgeml.lint(subject)
        assert rows["alpha-auto"].reason == "the model is not one of Keras"
        assert rows["wide-sums"].status == "holds"
    assert not run.is_keras
    assert "weights in float: the model is not one of Keras" in edgeml.diagnose(run).not_run
    rows = {row.backend: row for row in pipeline.check(run, ("evaluate", "source")).results}
    assert rows["source"].status == "not-run" and "EDGEML_HGQ2_PYTHON" in rows["source"].reason
