"""A data set as a model sees it: scaled, in the shape of the model's input, with the numbers to repeat it.

Invariant: equal `DataSpec`, scaling and checksum give bit-equal arrays; the scaling is fitted to the training
part alone and the same one is applied to all parts.
"""

from __future__ import annotations

from dataclasses import dataclass

from edgeml import datasets
from edgeml.datasets import Array, Dataset, Scaling
from edgeml.presets.spec import DataSpec


@dataclass(frozen=True, eq=False)
class Prepared:
    """What training, checking and reporting read.

    Args:
        x_train: float32, shape (n, ...), scaled. So are x_val and x_test.
        y_train: int64 labels, shape (n,). So are y_val and y_test.
        class_names: label i is class_names[i].
        scaling: what was applied to the stored values.
        dataset: the stored values, and where they come from.
    """

    x_train: Array
    y_train: Array
    x_val: Array
    y_val: Array
    x_test: Array
    y_test: Array
    class_names: tuple[str, ...]
    scaling: Scaling
    dataset: Dataset


def prepare(spec: DataSpec, scaling: Scaling | None = None) -> Prepared:
    """Read and scale a data set.

    Args:
        spec: which, and how.
        scaling: the one a run was trained with; fitted to the training part if None.

    Raises:
        EdgemlError: unknown data set, missing or damaged file, or a scaling that does not fit it.
    """
    dataset = datasets.load(spec.dataset, spec.target, spec.split_seed, max_classes=spec.max_classes)
    if scaling is None:
        scaling = Scaling.fit(spec.scaling, dataset.x_train, spec.constant)

    def ready(x: Array) -> Array:
        scaled = scaling.apply(x)
        return scaled.reshape(len(scaled), -1) if spec.flatten else scaled

    return Prepared(
        x_train=ready(dataset.x_train),
        y_train=dataset.y_train,
        x_val=ready(dataset.x_val),
        y_val=dataset.y_val,
        x_test=ready(dataset.x_test),
        y_test=dataset.y_test,
        class_names=dataset.class_names,
        scaling=scaling,
        dataset=dataset,
    )
