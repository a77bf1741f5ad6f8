"""Weights and activations by quantized_bits(keep_negative=False), which hls4ml types as signed."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.rules._layers import activations, tensors, whole
from edgeml.lint.subject import Subject, SubjectPart


def find(subject: Subject) -> Iterator[Finding]:
    """quantized_bits with keep_negative=False."""
    for tensor in tensors(subject.network):
        quantizer = tensor.quantizer
        if type(quantizer).__name__ == "quantized_bits" and not quantizer.keep_negative:
            text = _typed(whole(quantizer.bits), whole(quantizer.integer))
            yield Finding(tensor.layer, f"quantizes its {tensor.tensor} by {text}")
    for activation in activations(subject.network, "quantized_bits"):
        if not activation.config["keep_negative"]:
            bits, integer = whole(activation.config["bits"]), whole(activation.config["integer"])
            yield Finding(activation.layer, f"is {_typed(bits, integer)}")


def _typed(bits: int, integer: int) -> str:
    """The quantizer, and the type that hls4ml makes of it."""
    signed = f"int<{bits}>" if bits == integer else f"fixed<{bits},{integer + 1}>"
    return (
        f"quantized_bits({bits}, {integer}, keep_negative=False): hls4ml makes it {signed} and not "
        f"ufixed<{bits},{integer}>"
    )


RULE = Rule(
    severity=Severity.ADVICE,
    title="unsigned quantizer typed as signed in hls4ml",
    why="hls4ml's own converter ignores keep_negative: the type gets a sign and one fraction bit less, so "
    "that the lowest bit of every value is lost. The projects that edgeml writes are not affected.",
    remedy="`quantized_relu(bits, integer)` for activations, which is the same for values that are never "
    "negative; a quantizer with a sign and one bit more for weights; or `edgeml export --to hls4ml`",
    needs=(SubjectPart.NETWORK,),
    find=find,
)
