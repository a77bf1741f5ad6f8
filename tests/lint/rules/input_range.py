from __future__ import annotations

from edgeml.lint.subject import Subject
from tests.lint.nets import activation, dense, model_of, subject_of

LAYERS = ("x",)


def breaks() -> Subject:
    x = [[0, 64, 128, 255]]
    return subject_of(
        model_of(activation("quantized_bits(8, 0, keep_negative=False, alpha=1)", "q"), dense(3, "fc")), x
    )


def keeps() -> Subject:
    x = [[0, 64, 128, 255]]
    return subject_of(
        model_of(activation("quantized_bits(8, 8, keep_negative=False, alpha=1)", "q"), dense(3, "fc")), x
    )
