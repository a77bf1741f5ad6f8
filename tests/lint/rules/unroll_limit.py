from __future__ import annotations

from edgeml.lint.subject import Subject
from edgeml.presets import Targets
from tests.lint.nets import activation, dense, model_of, subject_of

LAYERS = ("fc",)


def _net(targets: Targets) -> Subject:
    layers = (activation("quantized_bits(6, 1, alpha=1)", "q"), dense(65, "fc"))
    return subject_of(model_of(*layers, shape=(64,)), targets=targets)


def breaks() -> Subject:
    return _net(Targets(strategy="latency"))


def keeps() -> Subject:
    return _net(Targets(strategy="auto"))
