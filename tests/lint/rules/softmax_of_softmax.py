from __future__ import annotations

from edgeml.lint.subject import Subject, TrainingLoss
from tests.lint.nets import activation, dense, model_of, subject_of

LAYERS = ("second", "second")
LOGITS = TrainingLoss("CategoricalCrossentropy", from_logits=True)


def breaks() -> Subject:
    import keras

    layers = (
        dense(3, "fc"),
        keras.layers.Activation("softmax", name="first"),
        keras.layers.Softmax(name="second"),
    )
    return subject_of(model_of(activation("quantized_bits(6, 1, alpha=1)", "q"), *layers), loss=LOGITS)


def keeps() -> Subject:
    return subject_of(model_of(activation("quantized_bits(6, 1, alpha=1)", "q"), dense(3, "fc")), loss=LOGITS)
