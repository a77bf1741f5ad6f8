"""A run from end to end: train, lower, export, check, report, each step on the files of the run folder.

Every step reads what the step before it wrote and writes its own files atomically, so a run that was
killed goes on with the same command.

Invariant: `check` and `report` see the files in the folder as they are, never fresh copies.
"""

from __future__ import annotations

from edgeml.checks.exported import Exported
from edgeml.pipeline.artefacts import GOLDEN_SAMPLES, check, export, lower, target_settings
from edgeml.pipeline.find_rate import find_learning_rates
from edgeml.pipeline.hardware import Synthesis, clock_for, read_reports, synth
from edgeml.pipeline.pages import compare, report
from edgeml.pipeline.proofs import prove
from edgeml.pipeline.repeats import RepeatPlan, repeat
from edgeml.pipeline.step import Tell

__all__ = [
    "GOLDEN_SAMPLES",
    "Exported",
    "RepeatPlan",
    "Synthesis",
    "Tell",
    "check",
    "clock_for",
    "compare",
    "export",
    "find_learning_rates",
    "lower",
    "prove",
    "read_reports",
    "repeat",
    "report",
    "synth",
    "target_settings",
]
