"""Pruning: the sensitivity of the trained network to pruning, layer by layer."""

from __future__ import annotations

from edgeml.report.section import Section, unless
from edgeml.report.sections.pruning import view
from edgeml.report.sections.pruning.charts import pruning_chart
from edgeml.report.sections.pruning.facts import PruningFacts
from edgeml.report.source import RunSource
from edgeml.training.small.pruning_record import PRUNING_FILE, PruningSensitivity

_NONE = "the sensitivity to pruning was not measured (edgeml train PRESET --pruning-sensitivity)"


def collect(source: RunSource) -> PruningFacts:
    """The content of pruning.json, if the run has one.

    Raises:
        EdgemlError: the file is damaged.
    """
    path = source.run.folder / PRUNING_FILE
    if not path.is_file():
        return PruningFacts.unavailable(_NONE)
    record = PruningSensitivity.read(path)
    if record.graph != source.graph.digest:
        return PruningFacts.unavailable(
            "pruning.json is of another model: edgeml train PRESET --pruning-sensitivity measures this one"
        )
    return PruningFacts(pruning=record)


SECTION = Section(
    title="Pruning",
    place=36,
    facts=PruningFacts,
    collect=collect,
    digest=view.digest,
    view=view.view,
    charts=(pruning_chart,),
    applies=unless("pruning", _NONE),
)
