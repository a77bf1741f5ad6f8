"""Fronts: the points that no other beats, their ranks, the knee, and the points that are spread best.

All arrays are costs: less is better, shape (points, objectives).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Costs = NDArray[np.float64]


def front_of(costs: Costs) -> NDArray[np.int64]:
    """The indices of the points that no other beats, the first of equal ones alone, in rising order.

    >>> front_of(np.array([[1.0, 3.0], [2.0, 2.0], [2.0, 3.0], [3.0, 1.0], [1.0, 3.0]])).tolist()
    [0, 1, 3]
    """
    order = np.lexsort(costs.T[::-1])
    members: list[int] = []
    least = np.empty((0, costs.shape[1]))
    for index in order:  # whatever beats a point comes before it
        point = costs[index]
        if not np.any(np.all(least <= point, axis=1)):
            members.append(int(index))
            least = np.vstack([least, point])
    return np.array(sorted(members), np.int64)


def ranks(costs: Costs) -> NDArray[np.int64]:
    """The rank of every point: 0 on the front, 1 on the front of the others, and so on."""
    result = np.full(len(costs), -1, np.int64)
    left = np.arange(len(costs))
    rank = 0
    while len(left):
        chosen = left[front_of(costs[left])]
        same = [index for index in left if np.any(np.all(costs[chosen] == costs[index], axis=1))]
        result[same] = rank
        left = np.array([index for index in left if result[index] < 0], np.int64)
        rank += 1
    return result


def crowding(costs: Costs) -> NDArray[np.float64]:
    """The distance of each point to its neighbours in every objective, infinite at the ends: NSGA-II."""
    result = np.zeros(len(costs))
    for column in costs.T:
        order = np.argsort(column, kind="stable")
        wide = float(column[order[-1]] - column[order[0]]) or 1.0
        result[order[[0, -1]]] = np.inf
        if len(order) > 2:
            result[order[1:-1]] += (column[order[2:]] - column[order[:-2]]) / wide
    return result


def survivors(costs: Costs, excess: NDArray[np.float64], count: int) -> list[int]:
    """The most promising points: what keeps the limits by rank and spread, the rest by its excess.

    Args:
        costs: of the points.
        excess: how far each is above the limits, 0 if it keeps them.
        count: how many are kept.

    Returns:
        Their indices in rising order.
    """
    place, spread = np.zeros(len(costs), np.int64), np.zeros(len(costs))
    inside = np.flatnonzero(excess <= 0)
    if len(inside):
        place[inside] = ranks(costs[inside])
        for rank in set(place[inside].tolist()):
            members = inside[place[inside] == rank]
            spread[members] = crowding(costs[members])
    keys = [
        (float(max(0.0, excess[index])), int(place[index]), -float(spread[index]), index)
        for index in range(len(costs))
    ]
    return sorted(index for *_, index in sorted(keys)[:count])


def knee(costs: Costs) -> int:
    """The knee of a front: with all objectives scaled to 0 and 1 over it, the point with the least sum.

    That is the point farthest from the line, or plane, through its ends; the first of several.

    >>> knee(np.array([[0.0, 10.0], [1.0, 2.0], [10.0, 0.0]]))
    1
    """
    low, high = costs.min(axis=0), costs.max(axis=0)
    wide = np.where(high > low, high - low, 1.0)
    return int(np.argmin(((costs - low) / wide).sum(axis=1)))
