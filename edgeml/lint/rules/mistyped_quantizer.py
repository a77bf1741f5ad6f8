"""Quantizers that hls4ml's converter gives another type: ternary, quantized_linear and their like."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.rules._layers import activations, tensors
from edgeml.lint.subject import Subject, SubjectPart

_TERNARY = "int<2> without its scale and threshold in hls4ml"
_KNOWN_WEIGHTS = ("quantized_bits", "quantized_po2", "binary", "stochastic_binary")
_ACTIVATIONS = (
    "quantized_relu",
    "quantized_tanh",
    "quantized_sigmoid",
    "quantized_bits",
    "binary",
)
"""Activations that hls4ml 1.3 knows, ternary apart; its converter refuses the others."""


def find(subject: Subject) -> Iterator[Finding]:
    """Weights and activations by such a quantizer."""
    for tensor in tensors(subject.network):
        kind = type(tensor.quantizer).__name__
        if tensor.quantizer is not None and kind not in _KNOWN_WEIGHTS:
            became = _TERNARY if "ternary" in kind else "fixed<16,6> in hls4ml"
            yield Finding(tensor.layer, f"quantizes its {tensor.tensor} by {kind}: {became}")
    for activation in activations(subject.network):
        if activation.kind not in _ACTIVATIONS:
            became = _TERNARY if activation.kind == "ternary" else "hls4ml's own converter refuses it"
            yield Finding(activation.layer, f"quantizes values by {activation.kind}: {became}")


RULE = Rule(
    severity=Severity.ADVICE,
    title="quantizer that hls4ml gives another type",
    why="hls4ml's own converter knows quantized_bits, quantized_relu and few others; it gives these "
    "a type of its own without a word, or ends in an error. The projects that edgeml writes are not "
    "affected.",
    remedy="`quantized_bits(2, 1, alpha=1)` in place of ternary, quantized_bits in place of "
    "quantized_linear, or `edgeml export --to hls4ml`",
    needs=(SubjectPart.NETWORK,),
    find=find,
)
