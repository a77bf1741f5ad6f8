"""Weights that no quantizer makes integers of, and no type is stated for."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.rules._layers import tensors
from edgeml.lint.subject import Subject, SubjectPart
from edgeml.presets.lowering import Tensor


def find(subject: Subject) -> Iterator[Finding]:
    """Every tensor of weights without quantizer and without stated type."""
    for tensor in tensors(subject.network):
        part: Tensor = "bias" if tensor.tensor == "bias" else "weight"
        if tensor.quantizer is None and subject.lowering.stated(tensor.layer, part) is None:
            yield Finding(tensor.layer, f"leaves the {tensor.tensor} of its {tensor.kind} in float")


RULE = Rule(
    severity=Severity.ERROR,
    title="weights in float",
    why="Weights in float have no integers: hardware would round them to a type that training never saw.",
    remedy='a QKeras layer with `kernel_quantizer="quantized_bits(6, 0, alpha=1)"` and a '
    "`bias_quantizer`; or state a type for a trained model: `edgeml import FILE --layer-type "
    "'NAME=fixed<16,6>'`",
    needs=(SubjectPart.NETWORK,),
    find=find,
)
