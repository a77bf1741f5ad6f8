"""A softmax whose logits spread so far that hls4ml's "stable" implementation wraps."""

from __future__ import annotations

import math
from collections.abc import Iterator

from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.rules._layers import inlined
from edgeml.lint.subject import Subject, SubjectPart


def find(subject: Subject) -> Iterator[Finding]:
    """Softmax layers at the end whose logits lie half of their type's range apart, or more."""
    network, graph = subject.network, subject.graph
    makers = {call.output: call for call in network.calls}
    for key, output in zip(network.outputs, graph.outputs, strict=True):
        call = makers.get(key)
        if call is None or not (type(call.layer).__name__ == "Softmax" or inlined(call.layer) == "softmax"):
            continue
        kind, spread = graph.info(output).scalar, subject.observed.spread[output]
        if not kind.signed or spread < 2.0 ** (kind.integer - 1):  # unsigned: probabilities
            continue
        needed = math.floor(math.log2(spread)) + 2
        yield Finding(
            call.name,
            f"has logits up to {spread:g} apart: in hls4ml their type needs {needed} integer bits, and "
            f"{kind} holds them with {kind.integer}",
        )


RULE = Rule(
    severity=Severity.ADVICE,
    title="softmax that can wrap in hls4ml",
    why="hls4ml's default softmax (\"stable\") subtracts the largest logit in the logits' own type I "
    "bits wide: a difference of 2^(I-1) or more wraps, and the least probable class becomes a "
    "probable one. The projects that edgeml writes end in logits.",
    remedy="end the model in logits and take the largest; or one more integer bit; or "
    '`softmax_strategy: "argmax"` in hls4ml',
    needs=(SubjectPart.NETWORK, SubjectPart.GRAPH, SubjectPart.SAMPLES, SubjectPart.TRAINED),
    find=find,
)
