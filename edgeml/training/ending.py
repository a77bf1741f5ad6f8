"""The numbers at a model's end: logits, or probabilities of a softmax or of sigmoids.

Training needs to know it: cross-entropy of a softmax's result as if it were logits is a softmax of a softmax,
which trains to a fraction of what the model can do.

Invariant: nested models, layers with the activation inside and layers that only move or pass their input are
seen through; whatever is none of the functions here counts as logits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from edgeml.errors import EdgemlError
from edgeml.keras.topology import topology

Ending = Literal["logits", "softmax", "sigmoid"]

_SIGMOIDS = ("sigmoid", "hard_sigmoid", "smooth_sigmoid", "quantized_sigmoid", "binary_sigmoid")
_PASSING = ("ActivityRegularization", "Dropout", "Flatten", "Identity", "Reshape")


def ending(model: Any) -> Ending:
    """The kind of numbers that a model's first output holds.

    Args:
        model: a sequential or functional Keras model.

    Raises:
        EdgemlError: the model is of another kind, or a softmax over one value, which is always 1.
    """
    network = topology(model)
    key = network.outputs[0]
    producers = {call.output: call for call in network.calls}
    while key in producers:
        call = producers[key]
        kind = type(call.layer).__name__
        name = "softmax" if kind == "Softmax" else _function(call.layer)
        if name == "softmax":
            if model.output_shape[-1] == 1:
                what = "is a softmax over one value, which is always 1"
                raise EdgemlError(
                    what, f"{model.name}: {call.name}", "end two classes in one logit or a sigmoid"
                )
            return "softmax"
        if name in _SIGMOIDS:
            return "sigmoid"
        if kind not in _PASSING or len(call.inputs) != 1:
            return "logits"
        key = call.inputs[0]
    return "logits"


def cross_entropy_of(end: Ending, outputs: int) -> Callable[..., Any]:
    """Cross-entropy per sample from labels (n,) and the model's output (n, outputs): float32, shape (n,).

    Behind a softmax or sigmoid it is computed from the logits where TensorFlow's graph has them, which Keras'
    own losses see to, else from the probabilities; several sigmoids are one yes or no per class.
    """
    import keras
    import tensorflow as tf

    def one_logit(labels: Any, logits: Any) -> Any:
        return tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(labels, tf.float32), logits[:, 0])

    def softmax(labels: Any, probabilities: Any) -> Any:
        return keras.losses.sparse_categorical_crossentropy(labels, probabilities)

    def sigmoid(labels: Any, probabilities: Any) -> Any:
        targets = labels[:, None] if outputs == 1 else tf.one_hot(labels, outputs)
        return tf.reduce_sum(
            keras.ops.binary_crossentropy(tf.cast(targets, tf.float32), probabilities), axis=-1
        )

    if end == "sigmoid":
        return sigmoid
    if end == "softmax":
        return softmax
    return one_logit if outputs == 1 else tf.nn.sparse_softmax_cross_entropy_with_logits


def threshold_of(end: Ending) -> float:
    """Above it a single output means class 1."""
    return 0.5 if end == "sigmoid" else 0.0


def _function(layer: Any) -> str:
    """The name of a layer's activation: a function of Keras, or a quantizer of QKeras; "" without one."""
    activation = getattr(layer, "activation", None)
    if isinstance(activation, str):
        return activation.split("(")[0]
    return getattr(activation, "__name__", "") or type(activation).__name__
