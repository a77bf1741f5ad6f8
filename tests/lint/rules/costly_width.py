from __future__ import annotations

from edgeml.lint.subject import Subject
from edgeml.presets import Targets
from tests.lint.nets import activation, dense, model_of, subject_of, weighted

LAYERS = ("fc",)


def _net(bits: int) -> Subject:
    layers = (
        activation("quantized_bits(24, 0, alpha=1)", "q"),
        dense(1, "fc", f"quantized_bits({bits}, 0, alpha=1)", None, use_bias=False),
    )
    model = weighted(model_of(*layers, shape=(1,)), fc=([[-1 + 2.0 ** (1 - bits)]],))
    return subject_of(model, targets=Targets(board="pynq-z2"))


def breaks() -> Subject:
    return _net(19)


def keeps() -> Subject:
    return _net(18)
