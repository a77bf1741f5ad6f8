"""Quantizers whose scale is chosen from the data, which `alpha=None` means for kernels."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.rules._layers import activations, tensors
from edgeml.lint.subject import Subject, SubjectPart


def find(subject: Subject) -> Iterator[Finding]:
    """Quantizers of weights and activations with a scale of their own."""
    for tensor in tensors(subject.network):
        alpha = getattr(tensor.quantizer, "alpha", None)
        if isinstance(alpha, str):
            kind = type(tensor.quantizer).__name__
            yield Finding(tensor.layer, f"quantizes its {tensor.tensor} by {kind} with alpha={alpha!r}")
    for activation in activations(subject.network):
        alpha = activation.config.get("alpha")
        if isinstance(alpha, str):
            yield Finding(activation.layer, f"quantizes values by {activation.kind} with alpha={alpha!r}")


RULE = Rule(
    severity=Severity.WARNING,
    title="scale chosen from the data",
    why="QKeras multiplies by a scale per channel that follows the weights, and takes `auto_po2` "
    "for kernels where `alpha` is left out. The type that is written is then not the type of "
    "the weights; `auto` costs a multiplier per channel, and for activations the scale differs "
    "from batch to batch.",
    remedy="`alpha=1`: `quantized_bits(6, 0, alpha=1)`, so that the format is the one stated",
    needs=(SubjectPart.NETWORK,),
    find=find,
)
