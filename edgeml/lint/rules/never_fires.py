"""Neurons and channels that are zero for every sample."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from edgeml.ir.ops.cast import Cast
from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.subject import Subject, SubjectPart

_SHOWN = 8


def find(subject: Subject) -> Iterator[Finding]:
    """Casts with channels whose elements were never other than zero."""
    graph = subject.graph
    for node in graph.nodes:
        if not isinstance(node.op, Cast) or graph.info(node.inputs[0]).is_constant:
            continue
        fired = subject.observed.fired[node.name]
        channels = fired.reshape(-1, fired.shape[-1] if fired.ndim else 1).any(axis=0)
        dead, count = np.flatnonzero(~channels), channels.size
        if len(dead) and count > 1:
            more = f" and {len(dead) - _SHOWN} more" if len(dead) > _SHOWN else ""
            listed = ", ".join(map(str, dead[:_SHOWN]))
            yield Finding(node.name, f"is always zero in {len(dead)} of {count} channels: {listed}{more}")


RULE = Rule(
    severity=Severity.ADVICE,
    title="neurons that never fire",
    why="A neuron that is zero for every sample costs its weights, its multipliers and its bits, "
    "and adds nothing.",
    remedy="a smaller layer; or a lower learning rate or another initializer, if it died in training",
    needs=(SubjectPart.GRAPH, SubjectPart.SAMPLES, SubjectPart.TRAINED),
    find=find,
)
