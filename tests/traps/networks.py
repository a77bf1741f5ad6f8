"""Shared by the trap tests: a small model, its integers by every quick executor, hls4ml's description."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from edgeml import backends
from edgeml.ir import Graph
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.lower import lower
from tests.keras.exactness import assert_same, corner_data, randomize

keras, qkeras = import_keras(), import_qkeras()


def bits(width: int = 6, integer: int = 0, **settings: Any) -> Any:
    """quantized_bits with alpha one."""
    return qkeras.quantized_bits(width, integer, **{"alpha": 1.0, **settings})


def network(*stack: Any, inputs: tuple[int, ...] = (8,), quantizer: Any = None) -> Any:
    """Input, its quantizer and the layers, with random weights that saturate here and there."""
    first = qkeras.QActivation(quantizer or bits(8, 3), name="q")
    model = keras.Sequential([keras.Input(inputs, name="x"), first, *stack])
    randomize(model)
    return model


def dense(units: int = 5, **settings: Any) -> Any:
    """A QDense named fc."""
    chosen = {"kernel_quantizer": bits(5), "bias_quantizer": bits(5), "name": "fc", **settings}
    return qkeras.QDense(units, **chosen)


def exact(model: Any, samples: int = 200) -> Graph:
    """The graph, once Keras and the emulator have given its integers layer by layer."""
    from edgeml.backends.onnx.emulator import Emulator
    from edgeml.ir import evaluate

    x = corner_data(tuple(model.inputs[0].shape[1:]), samples)
    graph = assert_same(model, x).graph
    np.testing.assert_array_equal(Emulator(graph).predict(x, raw=True), evaluate(graph, x, raw=True))
    return graph


def emitted(model: Any, **settings: Any) -> tuple[str, str]:
    """The type definitions and the parameters of the hls4ml project; skips where hls4ml is not installed."""
    import pytest

    target = backends.load("hls4ml")
    if target.missing():
        pytest.skip(target.missing())
    files = target.emit(lower(model), target.options(settings))
    return files["firmware/defines.h"].decode(), files["firmware/parameters.h"].decode()


def types(model: Any) -> dict[str, str]:
    """The C++ type of every value and constant by the name hls4ml gives it."""
    defines, _ = emitted(model)
    return {name: kind for kind, name in re.findall(r"typedef (\S+) (\w+)_t;", defines)}


def outcome(model: Any) -> str:
    """The type of the model's output."""
    return types(model)["result"]


def simulated(model: Any, folder: Any, samples: int = 60) -> None:
    """Compile the hls4ml project and compare its integers with the graph's."""
    from edgeml.ir import evaluate_codes, input_codes

    target, graph = backends.load("hls4ml"), lower(model)
    (runner,) = target.runners()
    if runner.available():
        import pytest

        pytest.skip(runner.available())
    target.emit(graph, target.options({})).write(folder)
    x = [corner_data(tuple(t.shape[1:]), samples, seed=i) for i, t in enumerate(model.inputs)]
    codes = input_codes(graph, x if len(x) > 1 else x[0])
    got, expected = runner.run_codes(folder, graph, codes), evaluate_codes(graph, codes)
    for name in graph.outputs:
        np.testing.assert_array_equal(got[name], expected[name], err_msg=name)
