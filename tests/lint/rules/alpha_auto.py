from __future__ import annotations

from edgeml.lint.subject import Subject
from tests.lint.nets import activation, dense, model_of, subject_of

LAYERS = ("fc", "act")


def breaks() -> Subject:
    act = activation("quantized_bits(4, 1, alpha='auto')", "act")
    return subject_of(
        model_of(
            activation("quantized_bits(6, 1, alpha=1)", "q"), dense(3, "fc", "quantized_bits(6, 0)"), act
        )
    )


def keeps() -> Subject:
    return subject_of(model_of(activation("quantized_bits(6, 1, alpha=1)", "q"), dense(3, "fc")))
