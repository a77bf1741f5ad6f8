"""Model outputs: the last integers, and what they are times.

Invariant: an output's node times `scale` plus `offset` is the source's value, exactly unless a note says
otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import Overflow, Round
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine import settle
from edgeml.importers.affine.arrange import as_source, in_order
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.value import AffineValue
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.input import Input
from edgeml.runconfig import EndMeaning

LEFT_OFF = frozenset({"sigmoid", "softmax", "log_softmax", "tanh"})
"""Functions that `edgeml.importers.outcome.real_values` applies to the graph's output again."""


@dataclass(frozen=True, eq=False)
class OutputPort:
    """An output of the source and the node that gives it.

    Args:
        tensor: the source's name of it; of the value before a function that was left off.
        value: plain; its node is the graph's output.
        function: the name of the function that was left off; "" if there was none.
        numbers: scale and offset by which the node's value becomes the source's, where `value` has codes.
    """

    tensor: str
    value: AffineValue
    function: str = ""
    numbers: tuple[float, float] | None = None

    @property
    def meaning(self) -> EndMeaning:
        """The source's value of the graph's output."""
        scale, offset = self.numbers or (
            float(ex.scalar(self.value.only.factor)),
            float(ex.scalar(self.value.offset)),
        )
        return EndMeaning(name=self.node, scale=scale, offset=offset, function=self.function)

    @property
    def node(self) -> str:
        """The graph's output."""
        return self.value.only.node


def labelled(ports: Sequence[OutputPort], names: Sequence[str]) -> tuple[EndMeaning, ...]:
    """The meanings of a model's outputs, with the names that the source has for them."""
    return tuple(
        port.meaning.model_copy(update={"label": name}) for port, name in zip(ports, names, strict=True)
    )


def finished_output(assembly: Assembly, tensor: str, value: AffineValue) -> OutputPort:
    """Make a value an output of the graph.

    A softmax or sigmoid that nothing quantizes is left off, with a note. One scale for all elements is left
    off too: it changes no decision; scales per channel become integer multipliers.

    Raises:
        EdgemlError: another function stands at the end, without a quantizer behind it.
    """
    function = value.function_name
    if value.function is not None:
        if function not in LEFT_OFF:
            raise EdgemlError(
                f"the model ends with the unquantized result of {function}",
                assembly.layer,
                "quantize its output, or export the model up to what it is applied to",
            )
        assembly.note(
            f"the {value.function_name} at the end is left off: the output is what it is applied to"
        )
        value = replace(value, function=None, function_name="")
    value = _single(assembly, value)
    stated = assembly.options.type
    if stated is not None:
        value = settle.dyadic(assembly, value)
        node = assembly.add(Cast(stated, Round.RND_CONV, Overflow.SAT), value.only.node, part="stated")
        value = replace(value, terms=(replace(value.only, node=node),))
    term = value.only
    if not (ex.is_one(term.factor) and ex.is_zero(value.offset)):
        assembly.note(
            f"the output is {float(ex.scalar(term.factor)):.9g} times the graph's"
            + ("" if ex.is_zero(value.offset) else f", plus {float(ex.scalar(value.offset)):.9g}")
        )
    return OutputPort(tensor, value, function)


def need_last(function: AffineValue, before: AffineValue, layer: str) -> None:
    """Refuse a function that is to be left off and behind which elements are chosen, copied or moved.

    Args:
        function: the output, which waits for a quantizer.
        before: the value that the function is applied to.
        layer: for the message.

    Raises:
        EdgemlError: the output is not the function of the value, element by element in the value's order.
    """
    same = [term.node for term in function.terms] == [term.node for term in before.terms]
    if not same or not np.array_equal(function.index.reshape(-1), before.index.reshape(-1)):
        name = function.function_name
        raise EdgemlError(
            f"the {name} near the end is left off, but what follows it moves, chooses or copies elements",
            layer,
            f"let the {name} be the last layer, or end the model in front of it",
        )


def _single(assembly: Assembly, value: AffineValue) -> AffineValue:
    """One node with one factor above zero and one offset; a node of its own, not the model's input."""
    value = settle.grounded(assembly, settle.joined(assembly, value))
    if not in_order(value):
        value = as_source(assembly, value)
    factor, offset = value.only.factor, value.offset
    if (
        settle.is_dyadic(value)
        or not (ex.is_scalar(factor) and ex.is_scalar(offset))
        or ex.scalar(factor) <= 0
    ):
        value = settle.dyadic(assembly, value)
    node = assembly.graph.node(value.only.node)
    if node is not None and isinstance(node.op, Input):
        info = assembly.info(value.only.node)
        copy = assembly.add(Cast(info.type, Round.RND_CONV, Overflow.SAT), value.only.node, part="copy")
        value = replace(value, terms=(replace(value.only, node=copy),))
    return value
