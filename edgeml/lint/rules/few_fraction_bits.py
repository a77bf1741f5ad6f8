"""Activations by quantized_bits whose bits are all integer bits: hls4ml truncates and wraps there."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.rules._layers import activations, whole
from edgeml.lint.subject import Subject, SubjectPart


def find(subject: Subject) -> Iterator[Finding]:
    """quantized_bits with bits <= integer + 1."""
    for activation in activations(subject.network, "quantized_bits"):
        bits, integer = whole(activation.config["bits"]), whole(activation.config["integer"])
        if bits <= integer + 1:
            yield Finding(activation.layer, f"rounds to whole numbers by quantized_bits({bits}, {integer})")


RULE = Rule(
    severity=Severity.ADVICE,
    title="activation without fraction bits in hls4ml",
    why="hls4ml's own converter gives quantized_bits with `bits <= integer + 1` an integer type "
    "without rounding and saturation: values are truncated and wrap. The projects that edgeml "
    "writes are not affected.",
    remedy="`quantized_relu(bits, integer)` where values are never negative, fewer integer bits, or "
    "`edgeml export --to hls4ml`",
    needs=(SubjectPart.NETWORK,),
    find=find,
)
