"""The task of a training that states none: what the preset's model and its data speak for.

Invariant: a task that is stated is never changed; one that is inferred stands in config.toml like a stated
one, so that a run reads its labels the same way ever after.
"""

from __future__ import annotations

import math

from edgeml.presets import AUTO, Choices, Preset, task_of_data
from edgeml.training.build import build_model


def with_task(preset: Preset, choices: Choices) -> tuple[Choices, str]:
    """The settings with a task, and why it was inferred; "" if it was stated.

    Args:
        preset: whose model is built to see its ends.
        choices: its settings.

    Raises:
        EdgemlError: the data are missing or damaged, the build function fails, or there is nothing to train
            towards.
        MissingToolError: TensorFlow or QKeras is not installed.
    """
    if choices.data.task != AUTO:
        return choices, ""
    model = build_model(preset, choices)
    inputs, outputs = (
        sum(math.prod(end.shape[1:]) for end in ends) for ends in (model.inputs, model.outputs)
    )
    name, reason = task_of_data(choices.data, inputs, outputs)
    data = choices.data.model_copy(update={"task": name})
    return choices.model_copy(update={"data": data}), reason
