"""Sensitivity: what was quantized after training, and what each layer's rounding costs."""

from __future__ import annotations

from edgeml.ptq.record import QUANTIZE_FILE, QuantizationRecord
from edgeml.report.section import Section, unless
from edgeml.report.sections.sensitivity import view
from edgeml.report.sections.sensitivity.charts import sensitivity_chart
from edgeml.report.sections.sensitivity.facts import SensitivityFacts
from edgeml.report.source import RunSource
from edgeml.report.svg import in_both_widths

_TRAINED = "the model was not quantized after training"


def collect(source: RunSource) -> SensitivityFacts:
    """The content of quantize.json, if the run was quantized after training.

    Raises:
        EdgemlError: the file is damaged, or is not there although the run was.
    """
    was_quantized = source.run.config.post_training is not None
    record = QuantizationRecord.read(source.run.folder / QUANTIZE_FILE) if was_quantized else None
    return SensitivityFacts.of({"ptq": _TRAINED}, ptq=record)


SECTION = Section(
    title="Sensitivity",
    place=35,
    facts=SensitivityFacts,
    collect=collect,
    digest=view.digest,
    view=view.view,
    charts=(in_both_widths(sensitivity_chart),),
    headline=view.headline,
    applies=unless("ptq", _TRAINED),
)
