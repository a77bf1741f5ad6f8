from __future__ import annotations

from edgeml.lint.subject import Subject
from tests.lint.nets import activation, dense, model_of, subject_of, weighted

LAYERS = ("fc",)


def _net(weight: float) -> Subject:
    model = model_of(activation("quantized_bits(6, 1, alpha=1)", "q"), dense(1, "fc"))
    return subject_of(weighted(model, fc=([[weight]] * 4, [0])))


def breaks() -> Subject:
    return _net(1.5)


def keeps() -> Subject:
    return _net(0.5)
