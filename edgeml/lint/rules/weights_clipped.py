"""Weights beyond the range of their quantizer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.rules._layers import tensors, whole
from edgeml.lint.subject import Subject, SubjectPart

_SHARE = 0.05


def find(subject: Subject) -> Iterator[Finding]:
    """Tensors by quantized_bits with a constant scale of which more than one weight in twenty is clipped."""
    for tensor in tensors(subject.network):
        quantizer = tensor.quantizer
        alpha = getattr(quantizer, "alpha", None)
        if (
            type(quantizer).__name__ != "quantized_bits"
            or isinstance(alpha, str)
            or whole(quantizer.bits) == 1
        ):
            continue
        scale = 1.0 if alpha is None else np.abs(np.asarray(alpha, np.float64))
        end = 2.0 ** whole(quantizer.integer) * scale
        share = float(np.mean(np.abs(np.asarray(tensor.values)) > end))
        if share > _SHARE:
            text = f"clips {share:.1%} of its {tensor.tensor} to {np.max(end):g}"
            yield Finding(
                tensor.layer, f"{text}, the end of quantized_bits({quantizer.bits}, {quantizer.integer})"
            )


RULE = Rule(
    severity=Severity.WARNING,
    title="weights beyond their quantizer",
    why="Clipped weights pass no gradient: training pushes them further out and nothing changes.",
    remedy="one more integer bit of the weights: `--set quantizers.layers.NAME.weights.integer=1`",
    needs=(SubjectPart.NETWORK, SubjectPart.TRAINED),
    find=find,
)
