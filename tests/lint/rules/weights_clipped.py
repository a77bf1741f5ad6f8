from __future__ import annotations

from edgeml.lint.subject import Subject
from tests.lint.nets import activation, dense, model_of, subject_of, weighted

LAYERS = ("fc", "linear", "unsigned")
UNSIGNED = "quantized_bits(6, 0, keep_negative=0, alpha=1)"


def _net(weight: float, low: float) -> Subject:
    """Three layers of four weights each, the last with a quantizer that has no sign."""
    linear, unsigned = (dense(1, "linear", "quantized_linear(6, 0, alpha=1)"), dense(4, "unsigned", UNSIGNED))
    model = model_of(activation("quantized_bits(6, 1, alpha=1)", "q"), dense(4, "fc"), linear, unsigned)
    wide, column, row = [[weight] * 4] * 4, [[weight]] * 4, [[0.5, 0.5, 0.5, low]]
    none = [0, 0, 0, 0]
    return subject_of(weighted(model, fc=(wide, none), linear=(column, [0]), unsigned=(row, none)))


def breaks() -> Subject:
    return _net(1.5, -0.5)


def keeps() -> Subject:
    return _net(0.5, 0.25)
