"""Layers whose result is the same for every input: bits that fell to zero, or pruning that left no path."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.ir.silent import silence, silent_layers
from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.subject import Subject, SubjectPart


def find(subject: Subject) -> Iterator[Finding]:
    """The first silent layer of each path, which makes those behind it silent."""
    behind: set[str] = set()
    silent = {node.name for node in silent_layers(subject.graph)}
    for node in subject.graph.nodes:
        if not behind.isdisjoint(node.inputs):
            behind.add(node.name)
        elif node.name in silent:
            behind.add(node.name)
            yield Finding(node.layer, f"is the same for every input: {silence(subject.graph, node)}")


RULE = Rule(
    severity=Severity.ERROR,
    title="a layer that no input reaches",
    why="Bits that all fell to zero, or pruning that left a layer no path from the input: what comes "
    "after it is the same for every sample, and exact in every back end all the same.",
    remedy="a lower `training.bit_penalty.last`, or a lower `training.pruning.sparsity`; or another "
    "checkpoint of the front: `edgeml train RUN --pick N`",
    needs=(SubjectPart.GRAPH, SubjectPart.TRAINED),
    find=find,
)
