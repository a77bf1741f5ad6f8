"""The scores that the models of a run give the classes: probabilities from logits, side by side.

Invariant: scores are float64 (samples, classes), larger for a class that is more likely; of logits they are
their softmax, of one logit the sigmoid and its complement, of probabilities themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edgeml import datasets, tasks
from edgeml.importers import outcome
from edgeml.ir.ops.arg_max import ArgMax
from edgeml.report.predictions import predict
from edgeml.report.quality import NO_LABELS, OTHER_TASK, Labels

if TYPE_CHECKING:
    from edgeml.report.facts import Facts
    from edgeml.report.source import RunSource

Floats = NDArray[np.float64]

MODEL_NAMES = {"float": "float32", "qat": "QAT", "fixed": "fixed-point"}
"""Names on the page, of the models that are shown side by side, in their order."""


@dataclass(frozen=True, eq=False)
class ClassScores:
    """Scores of the test samples.

    Attributes:
        by_model: (samples, classes) by "float", "qat", "fixed", as far as they are there.
        raw: what the exact graph gives for one output, logit or probability; None with several outputs.
        labels: (samples,).
        classes: names; of the labels, where a sample may have several.
        reason: why there are none; "" if there are.
        several: (samples, labels): which labels a sample has; None if it has one class.
    """

    by_model: Mapping[str, Floats]
    raw: Floats | None
    labels: Labels
    classes: tuple[str, ...]
    reason: str = ""
    several: NDArray[np.bool_] | None = None

    def truth(self, k: int) -> NDArray[np.bool_]:
        """The samples of class k, or with label k."""
        return self.labels == k if self.several is None else self.several[:, k]


def class_scores(source: RunSource) -> ClassScores:
    """The scores of all models; without any, with the reason.

    Raises:
        EdgemlError: the test samples do not fit the exact graph.
    """
    graph, labels, classes = source.graph, source.labels, source.data.class_names
    first = graph.outputs[0]

    def none(reason: str) -> ClassScores:
        return ClassScores({}, None, np.zeros(0, np.int64), classes, reason)

    if labels is None or source.no_classes:
        return none(source.no_classes or NO_LABELS)
    if isinstance(graph.node(first).op, ArgMax):
        return none("the graph gives the class alone, no score (it ends in an ArgMax)")
    models = source.shared(predict)
    shares = outcome.output_threshold(graph, source.run.config.importing) > 0
    scores: dict[str, Floats] = {}
    raw = None
    for name, values in aligned_outputs(source)[0].items():
        if values.shape[1] not in (1, len(classes)):
            return none(f"the graph gives {values.shape[1]} values for {len(classes)} classes")
        if name == "fixed" and values.shape[1] == 1:
            raw = np.asarray(models.outputs[name][first], np.float64).reshape(-1)
        probable = shares if name != "float" else _shares(values, models.baselines["float"].threshold)
        scores[name] = scores_of(values, probable)
    return ClassScores(scores, raw, labels, classes)


def signal_scores(source: RunSource) -> ClassScores:
    """The scores of all models for the classes or, of a multi-label task, for the labels.

    Of an autoencoder that knows which samples are normal, the reconstruction's error is the score.

    Raises:
        EdgemlError: the test samples do not fit the exact graph.
    """
    stated = source.run.config.data
    if stated.normal and tasks.load(stated.task).truth is tasks.Truth.INPUT:
        by_model, samples = aligned_outputs(source)
        if samples is not None:
            return anomaly_signal(by_model, samples, source.data.y_test)
    if stated.task != "multi_label":
        return source.shared(class_scores)
    by_model, truth = aligned_outputs(source)
    if truth is None:
        return ClassScores({}, None, np.zeros(0, np.int64), (), NO_LABELS)
    shares = outcome.output_threshold(source.graph, source.run.config.importing) > 0
    baselines = source.shared(predict).baselines
    scores = {
        name: values if (baselines["float"].threshold > 0 if name == "float" else shares) else sigmoid(values)
        for name, values in by_model.items()
    }
    names = _label_names(source, truth.shape[1])
    return ClassScores(scores, None, np.zeros(0, np.int64), names, several=truth > 0)


def anomaly_signal(by_model: Mapping[str, Floats], samples: Floats, labels: Labels) -> ClassScores:
    """The errors of reconstructions as scores of two classes, normal and anomaly.

    Args:
        by_model: reconstructions (samples, n) by model.
        samples: (samples, n).
        labels: 1 for an anomaly, else 0, (samples,).
    """
    errors = {name: tasks.anomaly_scores(samples, values) for name, values in by_model.items()}
    both = {name: np.stack([-error, error], axis=1) for name, error in errors.items()}
    return ClassScores(both, None, labels, ("normal", "anomaly"))


def _label_names(source: RunSource, count: int) -> tuple[str, ...]:
    """The columns of a table or the names of a published data set, else numbers from 0."""
    data = source.run.config.data
    stated = data.target if isinstance(data.target, tuple) else ()
    published = datasets.info(data.dataset).targets if data.dataset in datasets.names() else ()
    names = next((names for names in (stated, published) if len(names) == count), ())
    return names or tuple(f"label {place}" for place in range(count))


def aligned_outputs(source: RunSource) -> tuple[dict[str, Floats], Floats | None]:
    """The outputs of the models that are there, and what they are held against, as numbers of one order.

    Returns:
        Arrays (samples, numbers) by model, in the order of `MODEL_NAMES`, and the truth; None where there is
        none.

    Raises:
        EdgemlError: the test samples do not fit the exact graph.
    """
    config, outputs = source.run.config, source.shared(predict).outputs
    by_model: dict[str, Floats] = {}
    truth: Floats | None = None
    for name in MODEL_NAMES:
        if name not in outputs:
            continue
        meanings = None if name == "float" else config.importing  # codes of an import in its own units
        pair = outcome.aligned(config.data.task, source.graph, meanings, outputs[name], source.data)
        if pair is not None:
            by_model[name], truth = pair
    return by_model, truth


def about_classes(field: str) -> Callable[[Facts], bool]:
    """True for facts about classes: the field is there, or missing for other reasons than task or data.

    Args:
        field: of the section, one of those that may be missing.
    """

    def applies(facts: Facts) -> bool:
        reason = facts.missing.get(field, "")
        return reason != NO_LABELS and not reason.startswith(OTHER_TASK)

    return applies


def scores_of(values: Any, probabilities: bool) -> Floats:
    """The scores (samples, classes) of outputs (samples, 1) or (samples, classes).

    >>> scores_of(np.array([[0.0, 0.0]]), probabilities=False), scores_of(np.array([[0.25]]), True)
    (array([[0.5, 0.5]]), array([[0.75, 0.25]]))
    """
    if values.shape[1] == 1:
        yes = values if probabilities else sigmoid(values)
        return np.concatenate([1.0 - yes, yes], axis=1)
    if probabilities:
        return values
    raised = np.exp(values - values.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def sigmoid(logits: Floats) -> Floats:
    """The probabilities of logits, each by itself."""
    return 1.0 / (1.0 + np.exp(-np.clip(logits, -700.0, 700.0)))


def _shares(values: Floats, threshold: float) -> bool:
    """True if float outputs are probabilities: behind a sigmoid, or rows that add up to 1."""
    if values.shape[1] == 1:
        return threshold > 0
    return bool(values.min() >= 0 and np.allclose(values.sum(axis=1), 1.0, atol=1e-3))
