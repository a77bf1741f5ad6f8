"""Traps of QKeras itself; a number in a name is an issue or pull request of google/qkeras.

Tests without a number are about what has no public issue that is known.
"""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import pytest

from edgeml import presets
from edgeml.errors import EdgemlError
from edgeml.keras.backend import import_qkeras
from edgeml.keras.load import load_model
from edgeml.keras.lower import lower
from edgeml.training.train import train
from tests.keras.exactness import corner_data
from tests.traps.networks import bits, dense, exact, keras, network, qkeras

QActivation = qkeras.QActivation

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"  # Keras' own saving
)


class TestSavedModels:
    def test_qdensebatchnorm_does_not_reload_and_the_hint_says_so(self, tmp_path):
        layer = qkeras.QDenseBatchnorm(5, kernel_quantizer=bits(6, 2), bias_quantizer=bits(14, 5), name="fc")
        model = network(layer)
        exact(model)  # in memory it lowers
        model.save(tmp_path / "model.keras")
        with pytest.raises(EdgemlError, match="QKeras saves QDenseBatchnorm and cannot load it"):
            load_model(tmp_path / "model.keras")

    def test_quantized_hswish_neither(self, tmp_path):
        model = network(dense(), QActivation(bits(8, 3)), QActivation(qkeras.quantized_hswish(6, 2)))
        exact(model)
        model.save(tmp_path / "model.keras")
        with pytest.raises(EdgemlError, match="QKeras saves quantized_hswish and cannot load it"):
            load_model(tmp_path / "model.keras")

    def test_qdensebatchnorm_is_refused_before_it_is_trained(self, tmp_path):
        path = tmp_path / "folded.py"
        path.write_text(FOLDED)
        with pytest.raises(EdgemlError, match="cannot load it"):
            train(presets.load(path), tmp_path / "run")
        assert not (tmp_path / "run" / "float.keras").exists()

    @pytest.mark.parametrize(
        "quantizer",
        [
            bits(6, 2, symmetric=1),
            bits(5, 1, keep_negative=False),
            qkeras.quantized_linear(5, 1),
            qkeras.quantized_relu(6, 2, negative_slope=0.25),
            qkeras.quantized_tanh(5, use_real_tanh=True),
            qkeras.quantized_sigmoid(5),
            qkeras.binary(alpha=1.0),
            qkeras.ternary(),
            qkeras.stochastic_ternary(),
            qkeras.quantized_po2(4, 2),
            qkeras.quantized_relu_po2(4, 2),
        ],
        ids=lambda quantizer: type(quantizer).__name__,
    )
    def test_a_reloaded_quantizer_is_the_same_graph(self, quantizer, tmp_path):
        model = network(dense(), QActivation(bits(8, 3)), QActivation(quantizer, name="act"))
        model.save(tmp_path / "model.keras")
        again = load_model(tmp_path / "model.keras")
        assert lower(again).digest == lower(model).digest
        x = corner_data((8,), 100)
        assert np.array_equal(np.asarray(again(x)), np.asarray(model(x)))


class TestStochasticForms:
    @pytest.mark.parametrize(
        "quantizer",
        [
            qkeras.stochastic_ternary(),
            qkeras.stochastic_binary(),
            bits(4, 1, use_stochastic_rounding=True),
            qkeras.quantized_relu(4, 1, use_stochastic_rounding=True),
        ],
        ids=lambda quantizer: type(quantizer).__name__,
    )
    def test_28_are_deterministic_at_inference(self, quantizer):
        exact(network(dense(), QActivation(quantizer, name="act")))

    @pytest.mark.parametrize("quantizer", [qkeras.stochastic_ternary(), qkeras.stochastic_binary()])
    def test_28_of_weights(self, quantizer):
        exact(network(dense(kernel_quantizer=quantizer)))


class TestScales:
    def test_134_auto_scales_are_constants_with_a_note(self):
        """alpha="auto" has no exact fixed point: the scale is a constant of stated bits, or refused."""
        from edgeml.keras.lower import lower_model

        model = network(dense(kernel_quantizer=bits(4, 0, alpha="auto")), QActivation(bits(6, 2)))
        kernel = np.random.default_rng(2).normal(0, 1, (8, 5)).astype(np.float32)
        model.get_layer("fc").kernel.assign(kernel)
        notes = [note for note in lower_model(model).notes if not note.exact]
        assert [note.layer for note in notes] == ["fc"]
        assert "24 significant bits" in notes[0].text
        with pytest.raises(EdgemlError, match="cannot be exact"):
            lower(model, strict=True)


class TestPackages:
    """No public issue is known."""

    def test_hgq2s_own_qkeras_is_noticed(self, monkeypatch):
        """HGQ2 ships a top-level qkeras, without the layers of qkeras-v3."""
        other = ModuleType("qkeras")
        other.__file__ = "/site-packages/qkeras/__init__.py"
        monkeypatch.setitem(sys.modules, "qkeras", other)
        with pytest.raises(EdgemlError, match="site-packages/qkeras/__init__.py: .* is not qkeras-v3 .HGQ2"):
            import_qkeras()

    def test_130_layers_of_keras_2_under_the_name_qkeras_are_noticed(self, monkeypatch):
        """google/qkeras derives its layers from tf_keras: no model of Keras 3 takes them."""
        other = ModuleType("qkeras")
        for name in ("QActivation", "QDense", "QConv2DBatchnorm"):
            setattr(other, name, type(name, (), {}))
        monkeypatch.setitem(sys.modules, "qkeras", other)
        with pytest.raises(EdgemlError, match="environment of its own"):
            import_qkeras()

    def test_the_right_one_is_taken(self):
        assert issubclass(import_qkeras().QDense, keras.layers.Dense)


FOLDED = '''"""A layer that does not come back from a file."""

from __future__ import annotations

from edgeml.presets import Bits, DataSpec, Preset, Quantizers, Targets, Training


def build(q):
    import keras
    from qkeras import QActivation, QDenseBatchnorm

    x = inputs = keras.Input((4,), name="measures")
    x = QActivation(q.input(), name="quantize")(x)
    x = QDenseBatchnorm(3, kernel_quantizer=q.kernel("fc"), bias_quantizer=q.bias("fc"), name="fc")(x)
    return keras.Model(inputs, x)


PRESET = Preset(
    summary="folded",
    build=build,
    data=DataSpec(dataset="iris", scaling="standard"),
    quantizers=Quantizers(
        inputs=Bits(bits=8, integer=2), weights=Bits(bits=6, integer=1), biases=Bits(bits=6, integer=1),
        activations=Bits(bits=6, integer=3, signed=False),
    ),
    training=Training(
        float_epochs=1, epochs=1, batch_size=16, float_learning_rate=2e-2, learning_rate=1e-2,
    ),
    targets=Targets(),
)
'''
