"""Integer bits of the input that cannot hold the data."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from edgeml.ir.ops.input import Input
from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.subject import Subject, SubjectPart

_SHARE = 0.01
"""Share of the elements that may lie beyond the ends; a few outliers are often clipped on purpose."""


def find(subject: Subject) -> Iterator[Finding]:
    """Inputs of which more than one element in a hundred is clipped."""
    graph, x = subject.graph, np.asarray(subject.samples, np.float64)
    name = graph.inputs[0]
    kind = graph.info(name).type
    assert isinstance(graph.node(name).op, Input)
    steps = np.ldexp(x, np.asarray(kind.frac))
    beyond = (steps > np.asarray(kind.hi) + 0.5) | (steps < np.asarray(kind.lo) - 0.5)
    share = float(np.mean(beyond))
    if share > _SHARE:
        lo, hi = (
            float(np.ldexp(float(np.min(end)), -graph.info(name).scalar.frac)) for end in (kind.lo, kind.hi)
        )
        yield Finding(
            name,
            f"is {kind}, from {lo:g} to {hi:g}; the data go from {x.min():g} to {x.max():g}, and "
            f"{share:.1%} is clipped",
        )


RULE = Rule(
    severity=Severity.ERROR,
    title="input type that cannot hold the data",
    why="What lies beyond the input's type is clipped before the first layer sees it: pixels from 0 "
    "to 255 in a type that ends at 1 are all the same.",
    remedy="more integer bits (`--set quantizers.inputs.integer=N`, `--input-type`), or scale the data "
    "(`--set data.scaling=unit`)",
    needs=(SubjectPart.GRAPH, SubjectPart.SAMPLES),
    find=find,
)
