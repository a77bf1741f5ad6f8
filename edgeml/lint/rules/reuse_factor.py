"""Reuse factors that hls4ml would silently change."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.backends.hls4ml.reuse import valid_factors
from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.subject import Subject, SubjectPart
from edgeml.settings import per_layer


def find(subject: Subject) -> Iterator[Finding]:
    """Layers whose stated reuse factor is not valid for their inputs and outputs."""
    for layer in subject.hls4ml:
        reuse: int | None = per_layer(subject.targets.reuse_factor, layer.layer)
        if layer.products is None or reuse is None:
            continue
        factors = valid_factors(*layer.products)
        if reuse not in factors:
            near = sorted(factors, key=lambda factor, reuse=reuse: abs(factor - reuse))[:2]
            n_in, n_out = layer.products
            yield Finding(
                layer.layer,
                f"has a reuse factor of {reuse}, which {n_in} inputs and {n_out} outputs do not allow; the "
                f"nearest valid ones are {' and '.join(map(str, sorted(near)))}",
            )


RULE = Rule(
    severity=Severity.ERROR,
    title="reuse factor that hls4ml changes",
    why="hls4ml takes the nearest valid factor with a line in its log, so that latency and "
    "resources are others than those planned; edgeml refuses to write such a project.",
    remedy="a valid factor: `--set targets.reuse_factor=N`, or leave it out",
    needs=(SubjectPart.HLS4ML,),
    find=find,
)
