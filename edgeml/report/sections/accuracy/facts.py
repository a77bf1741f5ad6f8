"""Facts of the accuracy."""

from __future__ import annotations

from pydantic import Field

from edgeml.documents import Record
from edgeml.report.numbers import Number
from edgeml.report.section import RunPart, SectionFacts


class ModelAccuracies(Record):
    """Fraction of test samples classified right, 0 to 1, with the 95 % Wilson interval.

    Attributes:
        float_: the float32 baseline of the same topology.
        qat: the quantization-aware Keras model.
        fixed: the exact graph, which is what is deployed.
        int8: ONNX Runtime's post-training int8 model of the baseline.
    """

    float_: Number = Field(alias="float")
    qat: Number
    fixed: Number
    int8: Number


class ModelAgreement(Record):
    """Fraction of test samples on which the exact graph predicts the same class."""

    fixed_qat: Number
    fixed_float: Number


class AccuracyFacts(SectionFacts):
    """Facts of the accuracy, over all test samples.

    Attributes:
        majority: share of the test samples that are of the most frequent class.
        majority_class: that class.
        trained: how many epochs each model had, a sentence for beside the accuracies.
    """

    accuracy: ModelAccuracies
    agreement: ModelAgreement
    majority: Number
    majority_class: str = ""
    trained: str = ""


class AccuracyRow(RunPart):
    """Accuracies of a run's models, and the share of the most frequent class."""

    accuracy: ModelAccuracies
    majority: Number
