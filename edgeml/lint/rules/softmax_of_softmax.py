"""A softmax whose result goes through another softmax: two layers, or a loss that expects logits."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.keras.topology import Call, Topology
from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.rules._layers import inlined
from edgeml.lint.subject import Subject, SubjectPart

_PASSING = ("ActivityRegularization", "Dropout", "Flatten", "Identity", "Reshape")


def find(subject: Subject) -> Iterator[Finding]:
    """A softmax behind a softmax or sigmoid, or a loss from logits behind one of them."""
    network = subject.network
    for call in network.calls:
        if _probabilities(call) == "softmax" and len(call.inputs) == 1:
            before = _maker(network, call.inputs[0])
            if before is not None and _probabilities(before):
                yield Finding(call.name, f"is a softmax of the {_probabilities(before)} of {before.name}")
    if subject.lacks(SubjectPart.LOSS):
        return
    last = _maker(network, network.outputs[0])
    if last is not None and _probabilities(last) and subject.loss.from_logits:
        yield Finding(
            last.name,
            f"is a {_probabilities(last)}, and {subject.loss.name}(from_logits=True) takes it for logits",
        )


def _maker(network: Topology, key: int) -> Call | None:
    """The call that computes a tensor, layers that only pass it on left out."""
    makers = {call.output: call for call in network.calls}
    while key in makers and type(makers[key].layer).__name__ in _PASSING:
        key = makers[key].inputs[0]
    return makers.get(key)


def _probabilities(call: Call) -> str:
    name = "softmax" if type(call.layer).__name__ == "Softmax" else inlined(call.layer)
    return name if name in ("softmax", "sigmoid") else ""


RULE = Rule(
    severity=Severity.ERROR,
    title="softmax of a softmax",
    why="A softmax of probabilities lies between 1/n and e/n: gradients nearly vanish, and the "
    "model trains to a fraction of its accuracy without any message.",
    remedy="one softmax: end the model in logits with `from_logits=True`, or in a softmax without it",
    needs=(SubjectPart.NETWORK,),
    find=find,
    holds_with=(SubjectPart.LOSS,),
)
