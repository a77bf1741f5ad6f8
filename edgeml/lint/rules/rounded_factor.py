"""Numbers that the model leaves in float and the lowering rounds, so that Keras may differ."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.subject import Subject, SubjectPart


def find(subject: Subject) -> Iterator[Finding]:
    """The notes of the lowering that say so."""
    for note in subject.graph.notes:
        if not note.exact:
            yield Finding(note.layer, note.text)


RULE = Rule(
    severity=Severity.WARNING,
    title="numbers that are rounded after training",
    why="The integers are then not those that training saw: a factor of a batch normalization, a "
    "type that was stated for a layer in float. Codes of the next quantizer may differ by one.",
    remedy="quantized layers without such numbers, QBatchNormalization with "
    "`inverse_quantizer=quantized_po2(4)` among them; or factors nearer to their numbers: "
    "`--set lowering.factor_bits=N`",
    needs=(SubjectPart.GRAPH,),
    find=find,
)
