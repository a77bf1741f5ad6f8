from __future__ import annotations

from edgeml.lint.subject import Subject
from tests.lint.nets import activation, dense, model_of, subject_of

LAYERS = ("act",)


def breaks() -> Subject:
    return subject_of(model_of(activation("quantized_bits(4, 1, symmetric=1, alpha=1)", "act")))


def keeps() -> Subject:
    """The last one is set so by QKeras itself, because its scale is chosen from the data."""
    return subject_of(
        model_of(
            activation("quantized_bits(4, 1, alpha=1)", "act"),
            dense(3, "fc", "quantized_bits(4, 0, symmetric=1, alpha=1)"),
            activation("quantized_bits(4, 1, alpha='auto_po2')", "scaled"),
        )
    )
