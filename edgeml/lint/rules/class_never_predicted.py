"""Classes that the data have and the model never gives."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.subject import Subject, SubjectPart


def find(subject: Subject) -> Iterator[Finding]:
    """Classes of the samples that are never the largest output (or, of one output, its sign)."""
    outputs = subject.observed.outputs[subject.graph.outputs[0]]
    if outputs.ndim != 2:
        return
    predicted = outputs.argmax(axis=1) if outputs.shape[1] > 1 else (outputs[:, 0] > 0).astype(np.int64)
    labels = subject.labels
    for label in np.setdiff1d(np.unique(labels.y), np.unique(predicted)):
        count = int(np.count_nonzero(labels.y == label))
        yield Finding("", f"never predicts the class {labels.names[label]}, which {count} samples have")


RULE = Rule(
    severity=Severity.WARNING,
    title="class that is never predicted",
    why="The accuracy of the other classes hides it. Its logit may saturate, or its samples may be few.",
    remedy="look at the confusion matrix of `edgeml report`; more integer bits at the end, or more "
    "samples of that class",
    needs=(SubjectPart.GRAPH, SubjectPart.SAMPLES, SubjectPart.LABELS, SubjectPart.TRAINED),
    find=find,
)
