from __future__ import annotations

from edgeml.lint.subject import Subject
from tests.lint.nets import activation, dense, model_of, subject_of

LAYERS = ("fc", "plain", "plain")


def breaks() -> Subject:
    import keras

    layers = (dense(3, "fc", bias=None), keras.layers.Dense(2, name="plain"))
    return subject_of(model_of(activation("quantized_bits(6, 1, alpha=1)", "q"), *layers))


def keeps() -> Subject:
    from edgeml.keras.learned import LearnedDense

    layers = (dense(3, "fc"), LearnedDense(2, name="learned"))
    return subject_of(model_of(activation("quantized_bits(6, 1, alpha=1)", "q"), *layers))
