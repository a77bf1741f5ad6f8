"""Facts of how good a model is, for the tests of the report; seeded, nothing is trained."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.report.sections.repeats.section import together as repeat_facts
from edgeml.training.repeats import MODELS, RepeatFigure, RepeatRow, Repeats

LISTS = ("fold_rows",)
"""Fields that are empty where nothing was measured."""


def sample_repeats(folds: int = 3, seeds: int = 2) -> Repeats:
    """Three folds from two seeds; the float baseline is two points better."""
    random = np.random.default_rng(4)
    rows = tuple(
        RepeatRow(
            fold=fold,
            seed=seed,
            folder=f"folds/{fold}/seeds/{seed}",
            model="ab" * 32,
            trained=60,
            tested=20,
            values={
                model: {"accuracy": 0.9 + 0.02 * (model == "float") + 0.03 * float(random.normal())}
                for model in MODELS
            },
        )
        for fold in (range(1, folds + 1) if folds else [0])
        for seed in range(seeds)
    )
    figure = RepeatFigure(name="accuracy", title="accuracy", kind="share", better="higher")
    return Repeats(folds=folds, seeds=seeds, split="stratified by class", figures=(figure,), rows=rows)


def sample_measured() -> dict[str, Any]:
    """The fields of these sections."""
    fields: dict[str, Any] = {}
    for part in (repeat_facts(sample_repeats()),):
        fields |= {name: getattr(part, name) for name in type(part).model_fields if name != "missing"}
    return fields
