"""The worth of rows: the costs of objectives, what is above a limit, the front, the limits that bind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from edgeml.explore import metric as metrics
from edgeml.explore.front import Costs, front_of, knee
from edgeml.explore.record import BindingLimit, RowState, TrialColumns, TrialRow
from edgeml.explore.request import StudyLimit, StudyRequest
from edgeml.figures import Figure

_NEVER = 1e300
"""The cost of a figure that is not known."""


def costs_of(names: Sequence[str], figures: Mapping[str, Figure]) -> list[float]:
    """The costs of objectives: less is better.

    Args:
        names: of the objectives.
        figures: of one trial.
    """
    result: list[float] = []
    for name in names:
        figure = figures.get(name)
        sign = -1.0 if metrics.load(name).higher else 1.0
        result.append(_NEVER if figure is None else sign * figure.value)
    return result


def values_of(names: Sequence[str], figures: Mapping[str, Figure]) -> list[float]:
    """The values of objectives as Optuna gets them: accuracy is maximized."""
    return [
        (-1.0 if metrics.load(name).higher else 1.0) * cost
        for name, cost in zip(names, costs_of(names, figures), strict=True)
    ]


def excess_of(limits: Sequence[StudyLimit], figures: Mapping[str, Figure]) -> dict[str, float | None]:
    """The excess of figures over their limits, with their unfavourable ends; what holds is left out."""
    result: dict[str, float | None] = {}
    for limit in limits:
        figure = figures.get(limit.metric)
        if figure is None:
            result[limit.metric] = None
        elif figure.most > limit.most:
            result[limit.metric] = figure.most - limit.most
    return result


def shares_of(
    limits: Sequence[StudyLimit], figures: Mapping[str, Figure], sure: bool = False
) -> dict[str, float]:
    """The excess of each limit as a share of it, 0 if it is kept.

    Args:
        limits: of the study.
        figures: of a trial.
        sure: with the favourable ends: what is above a limit then is so for certain.
    """
    result: dict[str, float] = {}
    for limit in limits:
        figure = figures.get(limit.metric)
        end = None if figure is None else figure.least if sure else figure.most
        result[limit.metric] = min(limit.excess(end), 1e6)
    return result


def front_rows(request: StudyRequest, rows: Sequence[TrialRow]) -> tuple[tuple[TrialRow, ...], int | None]:
    """The front of rows that keep all limits, the best by the first objective first; and its knee."""
    keeping = [row for row in rows if row.keeps and row.same_as is None]
    if not keeping:
        return (), None
    costs = _costs(request, keeping)
    chosen = front_of(costs)
    chosen = chosen[np.lexsort(costs[chosen].T[::-1])]
    front = tuple(keeping[index] for index in chosen)
    return front, front[knee(costs[chosen])].number


def _costs(request: StudyRequest, rows: Sequence[TrialRow]) -> Costs:
    figures_of = [{**row.figures, **row.confirmed} for row in rows]
    return np.array([costs_of(request.objectives, figures) for figures in figures_of], np.float64)


def binding(request: StudyRequest, rows: Sequence[TrialRow]) -> tuple[BindingLimit, ...]:
    """The limits that no trial keeps together, with the trial that misses them least; () if one keeps all."""
    trained = [row for row in rows if row.state is RowState.TRAINED]
    if not trained or any(row.keeps for row in trained):
        return ()
    nearest = min(trained, key=lambda row: (sum(shares_of(request.limits, row.figures).values()), row.number))
    result: list[BindingLimit] = []
    for limit in request.limits:
        worst_ends = [
            row.figures[limit.metric].most
            for row in rows
            if limit.metric in row.figures and row.score is not None
        ]
        result.append(
            BindingLimit(
                limit=limit,
                nearest=nearest.excess.get(limit.metric, 0.0) or 0.0,
                alone=min(worst_ends, default=None),
                trial=nearest.number,
            )
        )
    return tuple(result)


def columns_of(request: StudyRequest, rows: Sequence[TrialRow]) -> TrialColumns:
    """All rows as columns."""
    dimensions = dict.fromkeys(name for row in rows for name in row.point)
    return TrialColumns(
        states=tuple(row.state for row in rows),
        keeps=tuple(row.keeps for row in rows),
        values={
            name: tuple(None if (one := row.figures.get(name)) is None else one.value for row in rows)
            for name in request.metrics
        },
        points={name: tuple(row.point.get(name) for row in rows) for name in dimensions},
        test_percent=tuple(row.test_percent for row in rows),
    )
