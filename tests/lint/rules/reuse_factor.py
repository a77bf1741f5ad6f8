from __future__ import annotations

from edgeml.lint.subject import Subject
from edgeml.presets import Targets
from tests.lint.nets import activation, dense, model_of, subject_of

LAYERS = ("fc",)


def _net(reuse: int) -> Subject:
    model = model_of(activation("quantized_bits(6, 1, alpha=1)", "q"), dense(3, "fc"))
    return subject_of(model, targets=Targets(strategy="resource", reuse_factor={"fc": reuse}))


def breaks() -> Subject:
    return _net(5)


def keeps() -> Subject:
    return _net(4)
