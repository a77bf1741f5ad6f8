from __future__ import annotations

from edgeml.lint.subject import Subject
from tests.lint.nets import activation, dense, model_of, subject_of, weighted

LAYERS = ("softmax",)


def _net(weights: list[float]) -> Subject:
    import keras

    layers = (activation("quantized_bits(6, 1, alpha=1)", "q"), dense(2, "fc", use_bias=False, bias=None))
    model = model_of(*layers, keras.layers.Softmax(name="softmax"), shape=(1,))
    return subject_of(weighted(model, fc=([weights],)), [[1.5], [-1.5]])


def breaks() -> Subject:
    return _net([0.9, -0.9])


def keeps() -> Subject:
    return _net([0.5, 0.25])
