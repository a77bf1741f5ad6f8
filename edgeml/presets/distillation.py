"""Settings of distillation: training a small network on what a teacher says of each sample."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from edgeml.settings import Settings


class Distillation(Settings):
    """A teacher's logits as further targets of quantization-aware training (Hinton et al., arXiv 1503.02531).

    The loss is (1 - weight) * loss of the labels + weight * T^2 * cross-entropy of softmax(teacher / T) and
    softmax(outputs / T), T being the temperature.

    Args:
        teacher: "float": the run's own float baseline; or the folder of a run, or the file of a Keras model,
            trained on the same inputs and classes; "": none.
        weight: of the teacher's part.
        temperature: above 1 the teacher's small probabilities count more.
    """

    teacher: str = ""
    weight: Annotated[float, Field(ge=0, le=1, strict=True)] = 0.5
    temperature: Annotated[float, Field(gt=0, le=100, strict=True)] = 2.0
