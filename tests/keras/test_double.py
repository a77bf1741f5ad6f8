"""Keras in float64 beside the exact graph: what float32 rounds, and the types that are stated."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.fixed import to_float
from edgeml.ir import evaluate_codes, input_codes
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.lower import lower_model
from edgeml.keras.runner import NoDoubleError, keras_floats
from edgeml.presets import Lowering
from edgeml.presets.lowering import TensorTypes
from tests.keras.exactness import corner_data, randomize
from tests.keras.test_notes import bits, normalized

keras, qkeras = import_keras(), import_qkeras()


def apart(model, lowered, x, double):
    """The largest distance from the graph by layer, in the graph's own values."""
    names = list(lowered.layer_values.values())
    graph = lowered.graph
    floats = keras_floats(model, graph, x, names, lowered.options, double)
    codes = evaluate_codes(graph, input_codes(graph, x), keep=names)
    values = {name: to_float(codes[name], graph.info(name).type.frac) for name in names}
    return {name: float(np.max(np.abs(floats[name] - values[name]))) for name in names}


def test_sums_beyond_24_bits_are_exact():
    model = keras.Sequential(
        [
            keras.Input((64,), name="x"),
            qkeras.QActivation(bits(16, 2), name="q"),
            qkeras.QDense(5, name="fc", kernel_quantizer=bits(16), use_bias=False),
        ]
    )
    randomize(model)
    lowered, x = lower_model(model), corner_data((64,), 200)
    assert apart(model, lowered, x, double=False)["fc"] > 0
    assert apart(model, lowered, x, double=True)["fc"] == 0
    assert keras.config.floatx() == "float32" and model.layers[-1].compute_dtype == "float32"


def test_codes_behind_batch_norm():
    model = normalized(qkeras.QActivation(bits(5, 3), name="act"))
    lowered, x = lower_model(model), corner_data((8,), 3000)
    single, double = (apart(model, lowered, x, kind) for kind in (False, True))
    assert single["bn"] > 0 and double["act"] == 0
    assert double["bn"] < 1e-5


@pytest.mark.parametrize("result", [None, "fixed<9,4>"])
def test_stated_types_are_applied(result):
    model = keras.Sequential(
        [
            keras.Input((8,), name="x"),
            qkeras.QActivation(bits(8, 2), name="q"),
            keras.layers.Dense(6, name="inner"),
            keras.layers.Dense(4, name="out"),
        ]
    )
    randomize(model)
    entry = TensorTypes(weight="fixed<7,2>", bias="fixed<6,2>", result=result)
    options = Lowering(float_type="fixed<10,4>", layer_types={"inner": entry})
    lowered, x = lower_model(model, options=options), corner_data((8,), 300)
    assert apart(model, lowered, x, double=False)["out"] > 0.01
    assert apart(model, lowered, x, double=True) == {"x": 0, "inner": 0, "out": 0}


def test_a_layer_of_float32_alone_is_an_error(monkeypatch):
    model = normalized()

    def refuse(config):
        raise TypeError("float32 alone")

    lowered = lower_model(model)
    monkeypatch.setattr(qkeras.QDense, "from_config", refuse)
    with pytest.raises(NoDoubleError, match="cannot compute it in float64: float32 alone"):
        keras_floats(model, lowered.graph, corner_data((8,)), double=True)
    assert keras.config.floatx() == "float32"
