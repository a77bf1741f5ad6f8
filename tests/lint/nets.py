"""Small models for the rules, and the subjects that they are.

Each file in `rules/` has `breaks()` and `keeps()`, which give a subject each, and `LAYERS`, the layers that
the rule has to name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.keras.lower import lower_model
from edgeml.keras.topology import topology
from edgeml.lint.subject import LabelledClasses, Missing, Subject, TrainingLoss
from edgeml.presets import Targets

BITS = "quantized_bits(6, 0, alpha=1)"
NO = Missing("this test has none")


def model_of(*layers: Any, shape: Sequence[int] = (4,)) -> Any:
    """A sequential model of layers behind an input `x`."""
    import keras

    keras.utils.set_random_seed(1)
    return keras.Sequential([keras.Input(tuple(shape), name="x"), *layers], name="net")


def activation(quantizer: str, name: str) -> Any:
    """A quantizer as a layer."""
    from qkeras import QActivation

    return QActivation(quantizer, name=name)


def dense(units: int, name: str, kernel: str | None = BITS, bias: str | None = BITS, **more: Any) -> Any:
    """A QDense."""
    from qkeras import QDense

    return QDense(units, kernel_quantizer=kernel, bias_quantizer=bias, name=name, **more)


def subject_of(
    model: Any = None,
    x: Any = None,
    y: Any = None,
    loss: TrainingLoss | None = None,
    trained: bool = True,
    targets: Targets | None = None,
) -> Subject:
    """The subject of a model; only the parts that are given are there."""
    graph: Any = NO
    refused = ""
    if model is not None:
        try:
            graph = lower_model(model, "net").graph
        except EdgemlError as error:
            refused = str(error)
    labels = NO if y is None else LabelledClasses(np.asarray(y, np.int64), ("a", "b", "c"))
    return Subject(
        name="net",
        network_part=NO if model is None else topology(model),
        graph_part=graph,
        samples_part=NO if x is None else np.asarray(x, np.float32),
        labels_part=labels,
        loss_part=loss or NO,
        trained_part=trained or NO,
        lowering_error=refused,
        targets=targets or Targets(),
    )


def weighted(model: Any, **tensors: Any) -> Any:
    """The model with the weights of some layers set: fc=([[...]], [...])."""
    for name, values in tensors.items():
        model.get_layer(name).set_weights([np.asarray(value, np.float32) for value in values])
    return model
