from __future__ import annotations

from edgeml.lint.subject import Subject
from tests.lint.nets import activation, dense, model_of, subject_of

LAYERS = ("fc", "act")
UNSIGNED = "quantized_bits(4, 1, keep_negative=False, alpha=1)"


def breaks() -> Subject:
    return subject_of(model_of(activation(UNSIGNED, "act"), dense(3, "fc", UNSIGNED)))


def keeps() -> Subject:
    return subject_of(model_of(activation("quantized_relu(4, 1)", "act"), dense(3, "fc")))
