from __future__ import annotations

from edgeml.lint.subject import Subject
from tests.lint.nets import activation, model_of, subject_of

LAYERS = ("act",)


def breaks() -> Subject:
    return subject_of(model_of(activation("quantized_hswish(6, 2)", "act")))


def keeps() -> Subject:
    return subject_of(model_of(activation("quantized_relu(4, 1)", "act")))
