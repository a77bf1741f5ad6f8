"""Front: the checkpoints of a training for small hardware that no other beats."""

from __future__ import annotations

from edgeml.report.section import Section, unless
from edgeml.report.sections.front import view
from edgeml.report.sections.front.charts import front_chart
from edgeml.report.sections.front.facts import FrontFacts
from edgeml.report.source import RunSource
from edgeml.training.history import read_history
from edgeml.training.small.collapse import collapse_lines, one_point
from edgeml.training.small.front import Front

_NONE = "the training had neither learned widths nor pruning"


def collect(source: RunSource) -> FrontFacts:
    """The content of RUN/front.

    Raises:
        EdgemlError: a file of it is damaged, or the checkpoint that was asked for is not there.
    """
    run, training = source.run, source.run.config.training
    if training is None or not run.front.is_dir():
        return FrontFacts.unavailable(_NONE)
    front = Front(run.front)
    chosen = front.chosen(training.bit_penalty)
    notes = [*collapse_lines(front, training, read_history(run.history_file), source.graph)]
    return FrontFacts.of(
        {"front": "it has no checkpoint"},
        front=front.points,
        front_unit=front.unit,
        front_taken=front.points.index(chosen) + 1,
        front_notes=tuple(note for note in (*notes, one_point(front, training)) if note),
    )


SECTION = Section(
    title="Front",
    place=29,
    facts=FrontFacts,
    collect=collect,
    digest=view.digest,
    view=view.view,
    charts=(front_chart,),
    applies=unless("front", _NONE),
)
