from __future__ import annotations

from edgeml.lint.subject import Subject
from tests.lint.nets import activation, dense, model_of, subject_of

LAYERS = ("",)


def _net(name: str) -> Subject:
    return subject_of(model_of(activation("quantized_bits(6, 1, alpha=1)", "q"), dense(3, name)))


def breaks() -> Subject:
    return _net("fd")


def keeps() -> Subject:
    return _net("fc")
