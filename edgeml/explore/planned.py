"""The first points of a search: the preset as it is, equal widths, widths by sensitivity, half the sizes.

What rounding each tensor of the float baseline alone costs says where bits can be saved: from the widest
choices on, the narrowing that costs least for the bits of weights that it saves is taken, up to a loss.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from edgeml.explore.knob import Choice, Dimension, PresetLayer
from edgeml.explore.space import StudySpace
from edgeml.ptq.record import SensitivityRow

_LOSSES = (1.0, 3.0, 8.0, 20.0)
"""Points of accuracy that rounding alone may lose; training gets most of them back."""

_WEIGHTS, _RESULTS = "weight_bits.", "activation_bits."


def planned_points(
    space: StudySpace, sensitivity: Sequence[SensitivityRow], layers: Sequence[PresetLayer]
) -> tuple[dict[str, Choice], ...]:
    """Points to begin with, the preset's own first, each once."""
    points: list[dict[str, Choice]] = [dict(space.own)]
    widths = [one for one in space.dimensions if one.name.startswith((_WEIGHTS, _RESULTS))]
    sizes = [one for one in space.dimensions if one.topology]
    pruning = next((one for one in space.dimensions if one.name == "pruning"), None)
    mixed = [dict(space.own) | point for point in _by_sensitivity(widths, sensitivity, layers)]
    points += mixed
    for point in mixed[:2]:
        points.append(point | {one.name: _nearest(one, float(one.own) / 2) for one in sizes})
    for bits in (5, 4, 3, 2):
        points.append(dict(space.own) | {one.name: _nearest(one, bits) for one in widths})
    for point in mixed:
        if pruning is not None:
            points.append(point | {"pruning": pruning.choices[len(pruning.choices) // 2]})
    return tuple({tuple(sorted(point.items(), key=lambda item: item[0])): point for point in points}.values())


def _nearest(dimension: Dimension, number: float) -> Choice:
    return min(dimension.choices, key=lambda one: abs(float(one) - number))


def _by_sensitivity(
    widths: Sequence[Dimension], sensitivity: Sequence[SensitivityRow], layers: Sequence[PresetLayer]
) -> Iterator[dict[str, Choice]]:
    """A point per loss; none where the sensitivity was not measured."""
    costs = {
        (f"{_WEIGHTS if row.tensor == 'weights' else _RESULTS}{row.layer}", row.bits): max(row.loss, 0.0)
        for row in sensitivity
    }
    sizes = {f"{_WEIGHTS}{layer.name}": layer.parameters for layer in layers}
    widths_of = {one.name: [int(c) for c in one.choices if (one.name, int(c)) in costs] for one in widths}
    widths_of = {name: choices for name, choices in widths_of.items() if choices}
    if not widths_of:
        return
    typical = max(1, min((size for size in sizes.values() if size), default=1))
    for loss in _LOSSES:
        point = {name: max(choices) for name, choices in widths_of.items()}
        while step := _cheapest(point, widths_of, costs, sizes, typical):
            name, bits = step
            if _total(point | {name: bits}, costs) > loss:
                widths_of = widths_of | {name: [one for one in widths_of[name] if one >= point[name]]}
                continue
            point = point | {name: bits}
        yield dict(point)
        widths_of = {
            name: [int(c) for c in one.choices if (name, int(c)) in costs]
            for one in widths
            if (name := one.name) in widths_of
        }


def _total(point: Mapping[str, int], costs: Mapping[tuple[str, int], float]) -> float:
    return sum(costs[name, bits] for name, bits in point.items())


def _cheapest(
    point: Mapping[str, int],
    widths_of: Mapping[str, Sequence[int]],
    costs: Mapping[tuple[str, int], float],
    sizes: Mapping[str, int],
    typical: int,
) -> tuple[str, int] | None:
    """The next narrower width with the least loss per saved bit of weights; None if nothing is left."""
    steps: list[tuple[float, str, int]] = []
    for name, bits in point.items():
        below = [one for one in widths_of[name] if one < bits]
        if below:
            added = max(costs[name, max(below)] - costs[name, bits], 0.0) + 1e-3
            steps.append((added / (sizes.get(name) or typical), name, max(below)))
    return min(steps)[1:] if steps else None
