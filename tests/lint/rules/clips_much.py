from __future__ import annotations

import numpy as np

from edgeml.lint.subject import Subject
from tests.lint.nets import activation, dense, model_of, subject_of, weighted

LAYERS = ("act",)


def _net(integer: int) -> Subject:
    layers = (
        activation("quantized_bits(6, 3, alpha=1)", "q"),
        dense(1, "fc"),
        activation(f"quantized_relu(4, {integer})", "act"),
    )
    model = weighted(model_of(*layers), fc=([[0.5]] * 4, [0]))
    return subject_of(model, np.linspace(-4, 4, 40).reshape(10, 4))


def breaks() -> Subject:
    return _net(0)


def keeps() -> Subject:
    """A tanh of 18 bits is two tables and a comparison: neither their index nor the comparison clips.

    No setting changes learned widths, of one number or of one by channel.
    """
    from edgeml.keras.learned import LearnedActivation

    layers = (
        activation("quantized_bits(18, 3, alpha=1)", "q"),
        activation("quantized_tanh(4, use_real_tanh=True)", "gate"),
        dense(2, "fc"),
        activation("quantized_relu(4, 4)", "act"),
        LearnedActivation(granularity="tensor", name="tensor"),
        LearnedActivation(name="channel"),
    )
    model = weighted(model_of(*layers), fc=([[0.5, 1.0]] * 4, [0, 0]))
    return subject_of(model, np.linspace(-4, 4, 40).reshape(10, 4))
