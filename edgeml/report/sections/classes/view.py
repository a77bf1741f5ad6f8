"""The pairs of classes that are mistaken most often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.report.sections.classes.facts import ClassesFacts, Confusion
from edgeml.report.words import percent

if TYPE_CHECKING:
    from edgeml.report.facts import Facts


def view(facts: Facts) -> tuple[tuple[str, str, int], ...]:
    """The pairs mistaken most often, none if there is no confusion matrix."""
    matrix = facts.part(ClassesFacts).confusion
    return confused(matrix) if matrix else ()


def confused(matrix: Confusion, most: int = 3) -> tuple[tuple[str, str, int], ...]:
    """The pairs of classes mistaken most often: true class, predicted class, samples."""
    pairs = [
        (count, i, j)
        for i, row in enumerate(matrix.counts)
        for j, count in enumerate(row)
        if i != j and count
    ]
    worst = sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2]))[:most]
    return tuple((matrix.classes[i], matrix.classes[j], count) for count, i, j in worst)


def digest(facts: Facts) -> str:
    """The class with the lowest recall."""
    rows = [row for row in facts.part(ClassesFacts).per_class if row.recall.value is not None]
    if not rows:
        return ""
    worst = min(rows, key=lambda row: row.recall.value or 0.0)
    return f"{len(rows)} classes; least often found: {worst.name}, {percent(worst.recall.value or 0.0, 1)}"
