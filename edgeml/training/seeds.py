"""One seed for everything random in training.

Invariant: after `make_repeatable(seed)` the same program builds the same layer names and initial weights, and
TensorFlow's kernels add in the same order; two runs on one machine with the same number of threads are equal
bit for bit. One thread and two are not: a matrix product is cut into other blocks then.

TensorFlow's own `enable_op_determinism` leaves one op out: AddN accumulates into whichever of its inputs
nobody else holds at that moment and starts the sum there, so with three inputs or more the order depends on
which thread was faster. Its graph optimizer makes such AddN of the additions in QKeras' quantizers (float
models have none), and the gradient tape makes them where a value is used three times. So that optimizer is
off here, and `fit` sums gradients two at a time.
"""

from __future__ import annotations

import numpy as np

from edgeml.datasets import Array
from edgeml.keras.backend import import_keras


def make_repeatable(seed: int) -> None:
    """Seed Python, NumPy and TensorFlow, restart Keras' layer names, choose repeatable kernels.

    All of these are settings of the whole process, by TensorFlow's design; models that exist stay valid.
    """
    keras = import_keras()
    import tensorflow as tf

    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    tf.config.optimizer.set_experimental_options({"arithmetic_optimization": False})


def shuffled(samples: int, seed: int, phase: str, epoch: int) -> Array:
    """The order of samples in one epoch: int64, shape (samples,).

    It depends on its arguments alone, so that a resumed training sees the orders an uninterrupted one sees.

    >>> bool((shuffled(9, 0, "qat", 3) == shuffled(9, 0, "qat", 3)).all())
    True
    """
    return np.random.default_rng([seed, epoch, *phase.encode()]).permutation(samples)
