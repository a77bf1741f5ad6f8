"""Facts of how good a model is, for the tests of the report; seeded, nothing is trained."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.report.scores import ClassScores, scores_of
from edgeml.report.sections.calibration import section as calibration
from edgeml.report.sections.embedding.facts import Embedding, EmbeddingFacts
from edgeml.report.sections.mistakes import section as mistakes
from edgeml.report.sections.reconstruction import section as reconstruction
from edgeml.report.sections.repeats.section import together as repeat_facts
from edgeml.report.sections.residuals import section as residuals
from edgeml.report.sections.working_points import collect as working_points
from edgeml.training.repeats import MODELS, RepeatFigure, RepeatRow, Repeats

LISTS = ("fold_rows", "score_areas", "mistakes", "embeddings", "residuals", "reconstructions")
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


def sample_scores(samples: int = 90, classes: int = 3) -> ClassScores:
    """Scores that are right in about nine of ten cases; the float baseline's are sharper."""
    random = np.random.default_rng(5)
    labels = np.arange(samples) % classes
    logits = random.normal(size=(samples, classes)) + 2.5 * np.eye(classes)[labels]
    by_model = {
        model: scores_of(
            logits * (2 if model == "float" else 1) + 0.05 * random.normal(size=logits.shape), False
        )
        for model in MODELS
    }
    return ClassScores(by_model, None, labels, ("cat", "dog", "fish")[:classes])


def sample_embedding() -> EmbeddingFacts:
    """Thirty points of three classes."""
    points = tuple((float(x), float(y)) for x, y in np.random.default_rng(7).normal(size=(30, 2)))
    return EmbeddingFacts(
        hidden="act1",
        hidden_size=6,
        hidden_labels=tuple("abc"[place % 3] for place in range(30)),
        embeddings=(Embedding(method="PCA", note="60 % and 20 % of the variance", points=points),),
    )


def sample_measured() -> dict[str, Any]:
    """The fields of these sections."""
    fields: dict[str, Any] = {}
    scores, random = sample_scores(), np.random.default_rng(6)
    stored = random.normal(size=(len(scores.labels), 3))
    truth = random.normal(size=(40, 2))
    made = {model: truth + 0.1 * random.normal(size=truth.shape) for model in MODELS}
    parts = (
        repeat_facts(sample_repeats()),
        working_points.facts_of(scores),
        calibration.facts_of(scores),
        mistakes.facts_of(scores, stored, ("length", "<width>", "age")),
        residuals.facts_of(made, truth),
        reconstruction.facts_of(made, truth, (2,), np.arange(40) % 2, ("normal", "odd")),
        sample_embedding(),
    )
    for part in parts:
        fields |= {name: getattr(part, name) for name in type(part).model_fields if name != "missing"}
    return fields
