"""A power-of-two scale per channel (alpha="auto_po2", QKeras' default on kernels) in every back end.

The scales sit in the constant's type, a width and a point per channel, so nothing is rounded anywhere.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeml import backends
from edgeml.errors import EdgemlError
from edgeml.fixed import FixedTypeArray
from edgeml.ir import Graph, evaluate_codes, input_codes
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.lower import lower
from tests.ir.op_case import back_ends
from tests.keras.exactness import assert_same, corner_data, randomize

keras, qkeras = import_keras(), import_qkeras()
layers, QActivation = keras.layers, qkeras.QActivation


def bits(width=6, integer=0):
    return qkeras.quantized_bits(width, integer, alpha=1.0)


def scaled(shape: tuple[int, ...]) -> np.ndarray:
    """Weights whose channels differ in size by powers of four."""
    sizes = 4.0 ** -np.arange(shape[-1])
    return (np.random.default_rng(3).normal(0, 1, shape) * sizes).astype(np.float32)


def dense_net():
    model = keras.Sequential(
        [
            keras.Input((6,), name="x"),
            QActivation(bits(6, 2), name="q"),
            qkeras.QDense(
                5, name="fc", kernel_quantizer=qkeras.quantized_bits(4, 0), bias_quantizer=bits(8, 1)
            ),
            QActivation(qkeras.quantized_relu(6, 2), name="act"),
            qkeras.QDense(
                3, name="out", kernel_quantizer=qkeras.binary(alpha="auto_po2"), bias_quantizer=bits(6)
            ),
        ]
    )
    randomize(model)
    model.get_layer("fc").kernel.assign(scaled((6, 5)))
    model.get_layer("out").kernel.assign(scaled((5, 3)))
    return model


def conv_net():
    model = keras.Sequential(
        [
            keras.Input((6, 6, 2), name="x"),
            QActivation(bits(6, 2), name="q"),
            qkeras.QConv2D(
                3, 3, name="c", kernel_quantizer=qkeras.quantized_bits(4, 0), bias_quantizer=bits(8, 1)
            ),
            QActivation(qkeras.quantized_relu(6, 2), name="act"),
            qkeras.QDepthwiseConv2D(
                2, name="dw", depthwise_quantizer=qkeras.quantized_bits(4, 0), use_bias=False
            ),
        ]
    )
    randomize(model)
    model.get_layer("c").kernel.assign(scaled((3, 3, 2, 3)))
    return model


def graph_of(model) -> Graph:
    graph = lower(model)
    kinds = [graph.info(node.name).type for node in graph.nodes if node.name.endswith("weight")]
    assert any(isinstance(kind, FixedTypeArray) and np.ptp(kind.frac) >= 2 for kind in kinds)
    return graph


@pytest.mark.parametrize("make", [dense_net, conv_net])
def test_keras(make):
    model = make()
    lowered = assert_same(model, corner_data(tuple(model.inputs[0].shape[1:]), 100))
    assert lowered.notes == ()


@pytest.mark.parametrize("make", [dense_net, conv_net])
@pytest.mark.parametrize("name", back_ends())
def test_back_end(name, make, tmp_path: Path):
    """Exact in every executor of the back end, or refused by the op's name before a file is written."""
    target, model = backends.load(name), make()
    graph = graph_of(model)
    if target.missing():
        pytest.skip(target.missing())
    options = target.options({})
    refused = target.refusals(graph, options)
    if refused:
        with pytest.raises(EdgemlError, match=f"cannot express this {refused[0].op}"):
            target.emit(graph, options)
        assert name not in ("onnx", "hls4ml"), refused[0]  # those two have to express it
        return
    target.emit(graph, options).write(tmp_path)
    codes = input_codes(graph, corner_data(tuple(model.inputs[0].shape[1:]), 40))
    expected = evaluate_codes(graph, codes)
    for runner in target.runners():
        if runner.available():
            pytest.skip(runner.available())
        got = runner.run_codes(tmp_path, graph, codes)
        for output in graph.outputs:
            np.testing.assert_array_equal(got[output], expected[output], err_msg=runner.name)
