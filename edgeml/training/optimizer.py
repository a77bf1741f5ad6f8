"""The optimizer of a training: any of Keras', by name and with its own arguments.

Invariant: everything that an optimizer remembers is in `optimizer.variables`, so that a resumed training ends
with the weights of an uninterrupted one; the classes for which that does not hold are refused by name.
"""

from __future__ import annotations

from typing import Any

from edgeml.keras.backend import import_keras
from edgeml.presets import KerasClass
from edgeml.training.named import built, keras_class

_WHERE = "training.optimizer"
_REFUSED = {
    "LossScaleOptimizer": "wraps another optimizer for float16; name that one instead",
    "MultiOptimizer": "takes several optimizers; name one",
    "ScheduleFreeAdamW": "averages weights in Keras' own fit; use adamw with training.schedule=cosine",
}
_RATE = "set training.float_learning_rate and training.learning_rate"
_AVERAGE = "leave it out; edgeml keeps the weights of the best epoch"
_OWN = {
    "learning_rate": _RATE,
    "lr": _RATE,
    "decay": "set training.schedule, such as exponential_decay",
    "use_ema": _AVERAGE,
    "ema_momentum": _AVERAGE,
    "ema_overwrite_frequency": _AVERAGE,
    "loss_scale_factor": "leave it out; training is in float32",
    "name": "leave it out",
}


def optimizer_of(stated: KerasClass, rate: float) -> Any:
    """A new `keras.optimizers.Optimizer`.

    Args:
        stated: such as KerasClass(name="sgd", momentum=0.9, nesterov=True).
        rate: learning rate of its first epoch.

    Raises:
        EdgemlError: Keras has no such optimizer or argument, or refuses a value.
        MissingToolError: TensorFlow is not installed.
    """
    keras = import_keras()
    chosen = keras_class("optimizer", keras.optimizers, keras.optimizers.Optimizer, stated, _WHERE, _REFUSED)
    return built(chosen, stated, _WHERE, {"learning_rate": rate}, _OWN)
