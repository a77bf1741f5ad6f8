"""The training steps as one function of TensorFlow, on one replica or cut among several.

Invariant: the sum over the replicas is the step of one replica, up to the order of float additions; of one
replica alone nothing depends on how the steps are cut into calls.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edgeml.datasets import Array, StreamedRows
from edgeml.training.augment import Augmenter
from edgeml.training.goal import TrainingGoal
from edgeml.training.replicas import Replicas


def trainer(
    model: Any,
    optimizer: Any,
    goal: TrainingGoal,
    data: tuple[Array | StreamedRows, Array],
    batch: int,
    augmenter: Augmenter | None = None,
    replicas: Replicas | None = None,
) -> Callable[..., Any]:
    """A function (order, first, last) that trains steps first..last-1.

    It returns a row per step, float32: the loss summed over the step's samples, and how many were right.

    Args:
        model: one output.
        optimizer: of its variables.
        goal: loss and rightness.
        data: samples and their targets.
        batch: samples per step.
        augmenter: changes the samples of a batch.
        replicas: where the steps are computed; here alone if None.
    """
    import tensorflow as tf

    places = replicas or Replicas()
    rows_of, y = _rows_of(data[0]), tf.constant(data[1])
    weights = None if goal.weights is None else tf.constant(goal.weights)
    signature = [tf.TensorSpec([None], tf.int64), tf.TensorSpec([], tf.int32), tf.TensorSpec([], tf.int32)]

    def learn(samples: Any, labels: Any, total_of: Callable[[Any], Any]) -> Any:
        outputs = model(samples, training=True)
        losses = goal.loss(labels, outputs)
        if weights is not None:
            losses = losses * tf.gather(weights, labels)
        # No tape: it sums three gradients and more in an order that depends on the threads, see `seeds`.
        gradients = tf.gradients(
            total_of(losses),
            [variable.value for variable in model.trainable_variables],
            aggregation_method=tf.AggregationMethod.EXPERIMENTAL_TREE,
        )
        if (
            places.count > 1
        ):  # sums of gradients have no device, and TensorFlow reduces to those of its values
            gradients = [None if one is None else tf.identity(one) for one in gradients]
        optimizer.apply(gradients, model.trainable_variables)
        return tf.stack([tf.reduce_sum(losses), goal.right(labels, outputs)])

    def alone(chosen: Any) -> Any:
        samples = rows_of(chosen)
        if augmenter is not None:
            samples = augmenter(samples)
        return learn(samples, tf.gather(y, chosen), lambda losses: tf.reduce_mean(losses) + sum(model.losses))

    def among(chosen: Any) -> Any:
        # The random numbers of a batch are those of one replica: it is changed before it is cut.
        changed = None if augmenter is None else augmenter(rows_of(chosen))

        def own() -> Any:
            size = tf.shape(chosen)[0]
            begin, end, share = places.part(size)
            mine = chosen[begin:end]
            samples = rows_of(mine) if changed is None else changed[begin:end]
            scale = share / tf.cast(size, tf.float32)
            row = learn(
                samples,
                tf.gather(y, mine),
                lambda losses: tf.reduce_sum(losses) * scale + sum(model.losses) / places.count,
            )
            return row * share

        return places.summed(own)

    step = alone if places.count == 1 else among

    @tf.function(input_signature=signature)
    def steps(order: Any, first: Any, last: Any) -> Any:
        def body(number: Any, sums: Any) -> tuple[Any, Any]:
            chosen = order[number * batch : (number + 1) * batch]
            return number + 1, sums.write(number - first, step(chosen))

        start = (first, tf.TensorArray(tf.float32, last - first, element_shape=[2]))
        return tf.while_loop(lambda number, _: number < last, body, start, parallel_iterations=1)[1].stack()

    return steps


def _rows_of(x: Array | StreamedRows) -> Callable[[Any], Any]:
    """A function from numbers of samples to their values; those on the disk are read then."""
    import tensorflow as tf

    if not isinstance(x, StreamedRows):
        constant = tf.constant(x)
        return lambda chosen: tf.gather(constant, chosen)

    def read(chosen: Any) -> Any:
        values = tf.numpy_function(lambda rows: x[rows], [chosen], tf.float32)
        return tf.ensure_shape(values, (None, *x.shape[1:]))

    return read
