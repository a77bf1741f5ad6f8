"""Layers and quantizers that QKeras saves and cannot load."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.keras.writer import UNLOADABLE
from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.subject import Subject, SubjectPart


def find(subject: Subject) -> Iterator[Finding]:
    """Layers, their activations and their quantizers of such a class."""
    for call in subject.network.calls:
        layer = call.layer
        parts = (layer, getattr(layer, "activation", None), *(getattr(layer, "quantizers", None) or ()))
        for kind in dict.fromkeys(type(part).__name__ for part in parts):
            if kind in UNLOADABLE:
                yield Finding(call.name, f"has a {kind}; {UNLOADABLE[kind]}")


RULE = Rule(
    severity=Severity.ERROR,
    title="model that does not reload",
    why="QKeras writes this class into a file and fails when it reads it: the trained weights are "
    "lost with the process.",
    remedy="`QDense` and `BatchNormalization` in place of QDenseBatchnorm; `Activation('hard_swish')` "
    "and a QActivation in place of quantized_hswish",
    needs=(SubjectPart.NETWORK,),
    find=find,
)
