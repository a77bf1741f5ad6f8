"""Layers with more products than HLS tools unroll."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.backends.hls4ml.reuse import UNROLL_LIMIT, valid_factors
from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.subject import Subject, SubjectPart
from edgeml.settings import per_layer


def find(subject: Subject) -> Iterator[Finding]:
    """Layers with more products at once than the limit, by strategy and reuse factor."""
    for layer in subject.hls4ml:
        if layer.products is None:
            continue
        size = layer.products[0] * layer.products[1]
        strategy = per_layer(subject.targets.strategy, layer.layer) or "auto"
        reuse: int | None = per_layer(subject.targets.reuse_factor, layer.layer)
        at_once = size if strategy == "latency" else size // (reuse or 1)
        # Without a factor, `auto` and `resource` take the smallest that keeps the limit.
        chosen = reuse is not None or strategy == "latency"
        if at_once > UNROLL_LIMIT and chosen:
            factor = next(f for f in valid_factors(*layer.products) if size // f <= UNROLL_LIMIT)
            yield Finding(
                layer.layer,
                f"has {at_once:,} products at once; strategy resource with a reuse factor of {factor} fits",
            )


RULE = Rule(
    severity=Severity.ERROR,
    title="more products than HLS tools unroll",
    why=f"HLS tools unroll at most {UNROLL_LIMIT:,} elements; beyond it synthesis ends with an error after "
    "minutes, and edgeml refuses to write such a project.",
    remedy='the strategy "resource" or "auto", and a reuse factor that is large enough or left out',
    needs=(SubjectPart.HLS4ML,),
    find=find,
)
