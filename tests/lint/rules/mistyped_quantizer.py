from __future__ import annotations

from edgeml.lint.subject import Subject
from tests.lint.nets import activation, dense, model_of, subject_of

LAYERS = ("fc", "fc2", "act")


def breaks() -> Subject:
    layers = (
        dense(3, "fc", "ternary(alpha=1)"),
        dense(3, "fc2", "quantized_relu(4, 1)"),
        activation("quantized_linear(4, 1, alpha=1)", "act"),
    )
    return subject_of(model_of(activation("quantized_bits(6, 1, alpha=1)", "q"), *layers))


def keeps() -> Subject:
    layers = (
        dense(3, "fc"),
        dense(3, "fc2", "binary(alpha=1)"),
        dense(3, "fc3", "quantized_po2(4)"),
        activation("quantized_relu(4, 1)", "act"),
    )
    return subject_of(model_of(activation("quantized_bits(6, 1, alpha=1)", "q"), *layers))
