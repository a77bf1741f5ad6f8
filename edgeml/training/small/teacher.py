"""The teacher of a distillation: its logits of every training sample, computed once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edgeml.datasets import Array
from edgeml.errors import EdgemlError
from edgeml.keras.load import load_model
from edgeml.presets import Prepared
from edgeml.runs import Run
from edgeml.training.ending import ending
from edgeml.training.fit import outputs_of

_WHERE = "training.distillation"


def teacher_logits(run: Run, model: Any, data: Prepared) -> Array | None:
    """The teacher's logits of the training part, float32 (n, classes); None without a teacher.

    Args:
        run: whose settings name the teacher.
        model: the student.
        data: samples as the student sees them.

    Raises:
        EdgemlError: there is no such teacher, it does not fit the data or the student, or another setting
            cannot stand beside one.
    """
    assert run.config.training is not None  # as `train` wrote it
    training = run.config.training
    name = training.distillation.teacher
    if not name:
        return None
    if training.augmentation or training.class_weights != "equal":
        raise EdgemlError(
            "a teacher's logits are those of the samples as they are, all alike",
            _WHERE,
            "leave out training.augmentation and training.class_weights, or the teacher",
        )
    teacher = load_model(run.float_file if name == "float" else _file(name))
    for side, network in (("teacher", teacher), ("student", model)):
        if ending(network) != "logits" or network.output_shape[-1] < 2:
            raise EdgemlError(
                f"the {side} does not end in logits of two classes or more", _WHERE, "leave off its softmax"
            )
    shapes = [(network.input_shape[1:], network.output_shape[1:]) for network in (teacher, model)]
    if shapes[0] != shapes[1]:
        raise EdgemlError(
            "the teacher maps {} to {}, the student {} to {}".format(*shapes[0], *shapes[1]),
            _WHERE,
            "use a teacher of the same inputs and classes",
        )
    return outputs_of(teacher, data.x_train)


def _file(name: str) -> Path:
    """The Keras file of a teacher: a run's float baseline, or the file itself."""
    return Run.find(name).float_file if not Path(name).is_file() else Path(name)
