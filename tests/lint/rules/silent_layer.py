from __future__ import annotations

from edgeml.lint.subject import Subject
from tests.lint.nets import activation, dense, model_of, subject_of, weighted

LAYERS = ("second",)


def _net(second: list[list[float]]) -> Subject:
    """The first layer keeps its first column alone."""
    layers = (
        activation("quantized_bits(6, 1, alpha=1)", "q"),
        dense(2, "first"),
        activation("quantized_relu(4, 1)", "act"),
        dense(2, "second"),
        dense(2, "third"),
    )
    weights = ([[0.5, 0.0]] * 4, [0, 0])
    return subject_of(weighted(model_of(*layers), first=weights, second=(second, [0, 0])))


def breaks() -> Subject:
    return _net([[0, 0], [0.5, 0.5]])


def keeps() -> Subject:
    return _net([[0.25, 0], [0.5, 0.5]])
