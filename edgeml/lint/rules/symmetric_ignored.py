"""Activations with symmetric=True, whose lowest code hls4ml does not leave out."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.rules._layers import activations
from edgeml.lint.subject import Subject, SubjectPart


def find(subject: Subject) -> Iterator[Finding]:
    """Signed quantized_bits with symmetric=True and more than one bit.

    A scale that is chosen from the data makes QKeras itself set symmetric=True; `alpha-auto` tells of it.
    """
    for activation in activations(subject.network, "quantized_bits"):
        config = activation.config
        if isinstance(config["alpha"], str):
            continue
        if config["symmetric"] and config["keep_negative"] and int(config["bits"]) > 1:
            yield Finding(activation.layer, f"is quantized_bits({config['bits']}, ..., symmetric=True)")


RULE = Rule(
    severity=Severity.ADVICE,
    title="symmetric range ignored by hls4ml",
    why="With symmetric=True QKeras clips at -(2^integer - lsb); hls4ml's own converter saturates "
    "at -2^integer, one code lower. The projects that edgeml writes are not affected.",
    remedy="`symmetric=False`, or `edgeml export --to hls4ml`",
    needs=(SubjectPart.NETWORK,),
    find=find,
)
