"""Activations that clip much of what they get."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.subject import Subject, SubjectPart


def find(subject: Subject) -> Iterator[Finding]:
    """Casts that clip or wrap more than one element in twenty; below zero a ReLU does so on purpose.

    A cast to one bit is a comparison, which keeps nothing but the sign; a cast to the index of a table of the
    same layer loses nothing that the table would tell apart. The range of learned widths is that of the
    training's values and no setting, and neither is a type per element.
    """
    for row in subject.statistics:
        if row.clips and row.settable and row.saturated is not None:
            yield Finding(
                row.name, f"clips {row.saturated.value:.1%} of its values to the ends of {row.type}"
            )


RULE = Rule(
    severity=Severity.WARNING,
    title="activation that clips much",
    why="Clipped values pass no gradient and all look alike to the next layer; accuracy is lost "
    "that one integer bit would keep.",
    remedy="one more integer bit, at the cost of a fraction bit if the width must stay: "
    "`--set quantizers.layers.NAME.activations.integer=N`, or after `edgeml quantize` one bit more: "
    "`--set quantize.layers.NAME.activations=N`; `edgeml diagnose RUN` tries both",
    needs=(SubjectPart.GRAPH, SubjectPart.SAMPLES, SubjectPart.TRAINED),
    find=find,
)
