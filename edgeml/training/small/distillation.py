"""The goal of a training with a teacher, see `teacher`.

Invariant: validation and what counts as right know the labels alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edgeml.datasets import Array
from edgeml.presets.distillation import Distillation
from edgeml.training.goal import TrainingGoal


@dataclass(frozen=True, eq=False)
class DistilledGoal(TrainingGoal):
    """A classifier's goal whose targets are (n, 1 + classes): the label and the teacher's logits.

    Args:
        labels: the goal without a teacher.
    """

    labels: TrainingGoal = field(kw_only=True)

    def right(self, targets: Any, outputs: Any) -> Any:
        """As without a teacher."""
        return self.labels.right(_classes(targets), outputs)


def distilled(
    goal: TrainingGoal, targets: Array, teacher: Array, settings: Distillation
) -> tuple[TrainingGoal, Array]:
    """The goal with a teacher, and its targets.

    Args:
        goal: of the labels.
        targets: classes, (n,).
        teacher: logits, float32 (n, classes).
        settings: weight and temperature.
    """
    import tensorflow as tf

    weight, temperature = settings.weight, settings.temperature

    def loss(both: Any, outputs: Any) -> Any:
        soft = tf.nn.softmax(both[:, 1:] / temperature)
        entropy = tf.nn.softmax_cross_entropy_with_logits(soft, outputs / temperature)
        return (1 - weight) * goal.loss(_classes(both), outputs) + weight * temperature**2 * entropy

    both = np.concatenate([targets[:, np.newaxis].astype(np.float32), teacher], axis=1)
    return DistilledGoal(loss, None, goal.threshold, True, goal.counts, labels=goal), both


def _classes(targets: Any) -> Any:
    import tensorflow as tf

    return tf.cast(targets[:, 0], tf.int64)
