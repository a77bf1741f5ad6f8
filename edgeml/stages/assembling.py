"""The structure of a value whose elements are numbers that were carried out (`edgeml.stages.symbols`)."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from math import prod

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.ir import Graph
from edgeml.ir.info import Shape
from edgeml.ir.structure import NONE, Form, Structure, unknown
from edgeml.stages.symbols import Atom, Number, Sym

_SEVERAL = (Form.MAXIMUM, Form.MINIMUM, Form.PRODUCT, Form.POSITION)


def structure_of(numbers: Sequence[Number], shape: Shape, place: Callable[[Atom], int]) -> Structure:
    """The structure that all elements of a value have.

    Args:
        numbers: of the elements, in C order.
        shape: of the value.
        place: the number of an element among those of all sources.
    """
    syms = [x for x in numbers if isinstance(x, Sym)]
    bad = next((x for x in syms if x.form is Form.UNKNOWN), None)
    if bad is not None:
        return unknown(shape, bad.reason)
    form = _form(syms)
    if form is None:
        kinds = ", ".join(sorted({x.form.value for x in syms}))
        return unknown(shape, f"elements of different structure stand side by side: {kinds}")
    affine = all(x.affine for x in syms)
    if form is Form.SUM:
        return Structure(form, shape, np.zeros((0, *shape), np.int64), np.zeros(shape, np.int64), True)
    parts = [[] if isinstance(x, int) else x.parts or [(x.root, x.key)] for x in numbers]
    most = max((len(part) for part in parts), default=0) or 1
    places = np.full((most, len(numbers)), NONE, np.int64)
    rules = np.zeros(len(numbers), np.int64)
    uniform = True
    for at, part in enumerate(parts):
        for layer, (atom, key) in enumerate(part):
            assert atom is not None
            places[layer, at] = place(atom)
            rules[at] = key
            uniform = uniform and key == part[0][1]
    return Structure(form, shape, places.reshape(most, *shape), rules.reshape(shape), affine, uniform)


def of_shape(results: IntArray, shape: Shape, value: str) -> IntArray:
    """The results of a part of an artefact for some vectors, (vectors, *shape).

    Args:
        results: (vectors, ...), as the artefact gives them.
        shape: of the graph's value.
        value: its name, for messages.

    Raises:
        EdgemlError: it gives another number of elements than the value has.
    """
    here, there = prod(results.shape[1:]), prod(shape)
    if here != there:
        raise EdgemlError(f"has {here} elements in the artefact, {there} in the graph", value)
    return results.reshape(-1, *shape)


def _form(syms: Sequence[Sym]) -> Form | None:
    """The form that all of these numbers have, or None."""
    kinds = {x.form for x in syms}
    if not kinds:
        return Form.CONSTANT
    if kinds == {Form.FUNCTION}:
        return Form.MONOTONE if all(x.rising for x in syms) else Form.FUNCTION
    if all(x.affine for x in syms):
        return Form.SUM
    several = kinds - {Form.FUNCTION}
    if len(several) != 1:
        return None
    form = several.pop()
    if form in (Form.MAXIMUM, Form.MINIMUM):
        return form if all(x.rising for x in syms if x.form is Form.FUNCTION) else None
    return form if form in _SEVERAL and len(kinds) == 1 else None


def ancestors(graph: Graph, name: str, without: Sequence[str] = ()) -> set[str]:
    """The values that a value depends on.

    Args:
        graph: the graph.
        name: of the value.
        without: values whose own inputs do not count.
    """
    waiting, reached = list(graph.node(name).inputs), set[str]()
    while waiting:
        value = waiting.pop()
        if value not in reached:
            reached.add(value)
            waiting += () if value in without else graph.node(value).inputs
    return reached


def unread(graph: Graph, value: str, sources: Sequence[str], shown: Container[str] = ()) -> list[str]:
    """The values nearest to a value that it depends on, but for what it does through some sources.

    Args:
        graph: the graph.
        value: name of the value.
        sources: names of the values that are read.
        shown: names of the values that count; inputs always do.
    """
    waiting, reached, nearest = list(graph.node(value).inputs), set[str](), set[str]()
    while waiting:
        name = waiting.pop()
        if name in reached or name in sources:
            continue
        reached.add(name)
        if name in shown or name in graph.inputs:
            nearest.add(name)
        else:
            waiting += graph.node(name).inputs
    return [node.name for node in graph.nodes if node.name in nearest]
