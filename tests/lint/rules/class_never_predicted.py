from __future__ import annotations

import numpy as np

from edgeml.lint.subject import Subject
from tests.lint.nets import activation, dense, model_of, subject_of, weighted

LAYERS = ("",)


def _net(last: float) -> Subject:
    layers = (activation("quantized_bits(6, 1, alpha=1)", "q"), dense(3, "fc"))
    model = weighted(model_of(*layers, shape=(3,)), fc=(np.diag([0.5, 0.5, last]), [0, 0, 0]))
    return subject_of(model, np.eye(3), [0, 1, 2])


def breaks() -> Subject:
    return _net(-0.5)


def keeps() -> Subject:
    return _net(0.5)
