"""Weights beyond the range of their quantizer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.rules._layers import tensors, whole
from edgeml.lint.subject import Subject, SubjectPart

_SHARE = 0.05


def find(subject: Subject) -> Iterator[Finding]:
    """Tensors with a constant scale, of which more than one weight in twenty is clipped."""
    for tensor in tensors(subject.network):
        quantizer = tensor.quantizer
        alpha = getattr(quantizer, "alpha", None)
        if (
            type(quantizer).__name__ not in ("quantized_bits", "quantized_linear")
            or isinstance(alpha, str)
            or whole(quantizer.bits) == 1
        ):
            continue
        scale = 1.0 if alpha is None else np.abs(np.asarray(alpha, np.float64))
        end = 2.0 ** whole(quantizer.integer) * scale
        values = np.asarray(tensor.values)
        low, high = (values < (-end if quantizer.keep_negative else 0.0)), values > end
        share = float(np.mean(low | high))
        if share > _SHARE:
            kind = type(quantizer).__name__
            written = f"{kind}({whole(quantizer.bits)}, {whole(quantizer.integer)})"
            if quantizer.keep_negative:
                text = f"to {np.max(end):g}, the end of {written}"
            else:
                text = f"to the ends of {written} without a sign, 0 and {np.max(end):g}"
            yield Finding(tensor.layer, f"clips {share:.1%} of its {tensor.tensor} {text}")


RULE = Rule(
    severity=Severity.WARNING,
    title="weights beyond their quantizer",
    why="Clipped weights pass no gradient: training pushes them further out and nothing changes.",
    remedy="one more integer bit of the weights: `--set quantizers.layers.NAME.weights.integer=1`; a "
    "quantizer with a sign where negative weights became zero",
    needs=(SubjectPart.NETWORK, SubjectPart.TRAINED),
    find=find,
)
