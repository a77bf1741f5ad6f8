"""Weight clustering as a Keras callback: a layer's weights share values, by constraints after every step.

After a step each weight becomes the mean of its cluster: a shared value moves by the mean of the gradients.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from edgeml.datasets import Array
from edgeml.errors import EdgemlError, unknown_name
from edgeml.keras.backend import import_keras
from edgeml.presets.clustering import Clustering
from edgeml.training.small.pruning import has_kernel

keras = import_keras()

_ROUNDS = 50


class SharedValues(keras.constraints.Constraint):
    """The constraint that a weight had, and then the mean of its cluster for each weight.

    Args:
        before: the weight's own constraint, or None.
        clusters: the cluster of each weight, of the weight's shape.
    """

    def __init__(self, before: Any, clusters: Array) -> None:
        self.before, self._shape = before, clusters.shape
        self._clusters = clusters.reshape(-1).astype(np.int32)
        self._counts = np.bincount(self._clusters).astype(np.float32)

    def __call__(self, weight: Any) -> Any:
        """The constrained weight."""
        ops = keras.ops
        values = weight if self.before is None else self.before(weight)
        sums = ops.segment_sum(ops.reshape(values, (-1,)), self._clusters, num_segments=len(self._counts))
        return ops.reshape(ops.take(sums / self._counts, self._clusters), self._shape)


class ClusteringTraining(keras.callbacks.Callback):
    """Puts the weights into clusters before the first epoch.

    Args:
        clustering: how many, and which layers stay out.
    """

    def __init__(self, clustering: Clustering) -> None:
        super().__init__()
        self.clustering = clustering

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Constrain the weights, and let them share their values."""
        for layer in clustered(self.model, self.clustering):
            layer.kernel.constraint = SharedValues(
                layer.kernel.constraint, clusters(layer.kernel.numpy(), self.clustering.values)
            )
            layer.kernel.assign(layer.kernel.constraint(layer.kernel))

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Give the weights their own constraints back."""
        for layer in clustered(self.model, self.clustering):
            layer.kernel.constraint = layer.kernel.constraint.before


def clustered(model: Any, clustering: Clustering) -> list[Any]:
    """The layers whose weights share values, in the order of the model.

    Raises:
        EdgemlError: `skip` names a layer that there is not, or no layer is left.
    """
    layers = [layer for layer in model._flatten_layers(include_self=False) if has_kernel(layer)]
    names = [layer.name for layer in layers]
    for name in clustering.skip:
        if name not in names:
            raise unknown_name("layer", name, names, "training.clustering.skip")
    chosen = [layer for layer in layers if layer.name not in clustering.skip]
    if not chosen:
        raise EdgemlError("names every layer", "training.clustering.skip", "leave one out of it")
    return chosen


def clusters(kernel: Array, values: int) -> Array:
    """The cluster of each weight, from 0 without gaps, by k-means in one dimension.

    Args:
        kernel: weights of any shape.
        values: most clusters.
    """
    flat = kernel.reshape(-1).astype(np.float64)
    distinct = np.unique(flat)
    centers = distinct[np.linspace(0, distinct.size - 1, min(values, distinct.size)).round().astype(int)]
    for _ in range(_ROUNDS):
        own = np.abs(flat[:, np.newaxis] - centers).argmin(axis=1)
        moved = np.array([flat[own == place].mean() for place in np.unique(own)])
        if np.array_equal(moved, centers):
            break
        centers = moved
    own = np.abs(flat[:, np.newaxis] - centers).argmin(axis=1)
    return np.unique(own, return_inverse=True)[1].reshape(kernel.shape)
