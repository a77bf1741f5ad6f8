from __future__ import annotations

import numpy as np

from edgeml.lint.subject import Subject
from tests.lint.nets import activation, dense, model_of, subject_of, weighted

LAYERS = ("act",)


def _net(bias: float) -> Subject:
    layers = (
        activation("quantized_bits(6, 1, alpha=1)", "q"),
        dense(2, "fc"),
        activation("quantized_relu(4, 1)", "act"),
    )
    model = weighted(model_of(*layers), fc=([[0.5, 0.0]] * 4, [0, bias]))
    return subject_of(model, np.linspace(-1, 1, 40).reshape(10, 4))


def breaks() -> Subject:
    return _net(-0.5)


def keeps() -> Subject:
    return _net(0.5)
