from __future__ import annotations

from edgeml.lint.subject import Subject
from tests.lint.nets import activation, dense, model_of, subject_of

LAYERS = ("fc",)


def breaks() -> Subject:
    layers = (
        activation("quantized_bits(16, 1, alpha=1)", "q"),
        dense(3, "fc", "quantized_bits(16, 0, alpha=1)"),
    )
    return subject_of(model_of(*layers))


def keeps() -> Subject:
    return subject_of(model_of(activation("quantized_bits(8, 1, alpha=1)", "q"), dense(3, "fc")))
