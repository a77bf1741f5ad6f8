"""Validation figure against cost of every checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.report.sections.front.facts import FrontFacts
from edgeml.report.sections.front.view import quality
from edgeml.report.xy import Axis, Series, xy_chart

if TYPE_CHECKING:
    from edgeml.report.facts import Facts


def front_chart(facts: Facts) -> str:
    """A point per checkpoint, the taken one in its own colour; "" for fewer than two."""
    own = facts.part(FrontFacts)
    if len(own.front) < 2:
        return ""
    accuracies = all(point.val_accuracy is not None for point in own.front)
    places = [
        (point.cost, point.val_loss if point.val_accuracy is None else point.val_accuracy)
        for point in own.front
    ]
    tips = [
        f"number {number}, epoch {point.epoch}: {quality(point)} at {point.cost:,.0f} {own.front_unit}"
        for number, point in enumerate(own.front, 1)
    ]
    costs, figures = [x for x, _ in places], [y for _, y in places]
    logarithmic = min(costs) > 0 and max(costs) > 20 * min(costs)
    margin = 0.05 * ((max(figures) - min(figures)) or 1.0)
    place = own.front_taken - 1
    return xy_chart(
        [
            Series("front", "m-qat", places),
            Series("checkpoints", "m-qat", places, cloud=True, radius=4, tips=tips),
            Series("taken", "m-fixed", [places[place]], cloud=True, radius=6, tips=[tips[place]]),
        ],
        Axis(own.front_unit, 0.9 * min(costs), 1.05 * max(costs), logarithmic=logarithmic),
        Axis(
            "validation accuracy" if accuracies else "validation loss",
            min(figures) - margin,
            min(1.0, max(figures) + margin) if accuracies else max(figures) + margin,
            percent=accuracies,
        ),
        "Validation figure against cost of the checkpoints",
    )
