"""Quantizers that hls4ml's converter gives another type: ternary, quantized_linear and their like."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.rules._layers import activations, tensors
from edgeml.lint.subject import Subject, SubjectPart

_KINDS = {
    "ternary": "int<2> without its scale and threshold",
    "stochastic_ternary": "int<2> without its scale and threshold",
    "quantized_linear": "fixed<16,6>",
}
"""The types that hls4ml 1.3 makes of them."""


def find(subject: Subject) -> Iterator[Finding]:
    """Weights and activations by such a quantizer."""
    for tensor in tensors(subject.network):
        kind = type(tensor.quantizer).__name__
        if kind in _KINDS:
            yield Finding(tensor.layer, f"quantizes its {tensor.tensor} by {kind}: {_KINDS[kind]} in hls4ml")
    for activation in activations(subject.network):
        if activation.kind in _KINDS:
            text = f"quantizes values by {activation.kind}: {_KINDS[activation.kind]} in hls4ml"
            yield Finding(activation.layer, text)


RULE = Rule(
    severity=Severity.ADVICE,
    title="quantizer that hls4ml gives another type",
    why="hls4ml's own converter knows quantized_bits, quantized_relu and few others; it gives these "
    "a type of its own without a word. The projects that edgeml writes are not affected.",
    remedy="`quantized_bits(2, 1, alpha=1)` in place of ternary, quantized_bits in place of "
    "quantized_linear, or `edgeml export --to hls4ml`",
    needs=(SubjectPart.NETWORK,),
    find=find,
)
