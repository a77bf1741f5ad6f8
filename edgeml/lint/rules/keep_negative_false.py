"""Activations by quantized_bits(keep_negative=False), which hls4ml types as signed."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.rules._layers import activations
from edgeml.lint.subject import Subject, SubjectPart


def find(subject: Subject) -> Iterator[Finding]:
    """quantized_bits with keep_negative=False, but for one right behind an input of stored data."""
    for activation in activations(subject.network, "quantized_bits"):
        if not activation.config["keep_negative"]:
            bits, integer = activation.config["bits"], activation.config["integer"]
            yield Finding(
                activation.layer,
                f"is quantized_bits({bits}, {integer}, keep_negative=False): hls4ml makes it "
                f"fixed<{bits},{integer + 1}> and not ufixed<{bits},{integer}>",
            )


RULE = Rule(
    severity=Severity.ADVICE,
    title="unsigned activation typed as signed in hls4ml",
    why="hls4ml's own converter ignores keep_negative: the type gets a sign and one fraction bit less, so "
    "that the lowest bit of every value is lost. The projects that edgeml writes are not affected.",
    remedy="`quantized_relu(bits, integer)`, which is the same for values that are never negative, or "
    "`edgeml export --to hls4ml`",
    needs=(SubjectPart.NETWORK,),
    find=find,
)
