"""The structure of a function of several integers: what finitely many vectors have to show of it.

A value is a function of the elements of some sources. If its structure is known, finitely many vectors
determine it for every input: a sum of multiples is fixed by zero and one vector per element, a function of
one element by all of that element's codes, a monotone one by both sides of each of its steps, a maximum by
those of its parts. Two functions of the same structure that agree on these vectors are equal.

Every op says in its file what it makes of the structures of its inputs (`Op.structure`, without a default),
by the functions of this module. The prover does the same with the nodes of an artefact.

Invariant: a structure never says more than holds; what is not covered is `Form.UNKNOWN`, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, unique

import numpy as np

from edgeml.fixed import IntArray
from edgeml.ir.info import Shape


@unique
class Form(Enum):
    """The form of every element of a value, as a function of the elements of its sources."""

    CONSTANT = "constant"
    """No element matters."""
    MONOTONE = "monotone"
    """One element alone, and the larger it is, the larger or equal the result."""
    FUNCTION = "function"
    """One element alone."""
    MAXIMUM = "maximum"
    """The largest of monotone functions of one element each."""
    MINIMUM = "minimum"
    """The smallest of monotone functions of one element each."""
    PRODUCT = "product"
    """The product of two elements, each times a constant and plus a constant."""
    POSITION = "position"
    """A function of the position of the largest of elements in one common scale, the first on a tie."""
    SUM = "sum"
    """A constant plus multiples of any elements, and of no other form."""
    UNKNOWN = "unknown"
    """None of these."""


SINGLE = (Form.CONSTANT, Form.MONOTONE, Form.FUNCTION)
"""Forms of a value each of whose elements depends on one element at most."""


@dataclass(frozen=True, eq=False)
class Structure:
    """The structure of a value.

    Args:
        form: of every element.
        shape: of the value, the batch axis not counted.
        places: (k, *shape): the numbers of the k elements of the sources that a result depends on; NONE where
            there are fewer. Of a sum and of what is unknown: (0, *shape).
        rules: of the value's shape: elements with one number are the same function of their source.
        affine: the value is a constant plus multiples of elements.
        uniform: all parts of a maximum or minimum are the same function.
        reason: why the form is unknown.
    """

    form: Form
    shape: Shape
    places: IntArray
    rules: IntArray
    affine: bool = False
    uniform: bool = True
    reason: str = ""


NONE = -1
"""Stands in `Structure.places` for no element."""


def source(shape: Shape, first: int, exponents: int | IntArray = 0) -> Structure:
    """The elements themselves.

    Args:
        shape: of the value.
        first: number of its first element among the elements of all sources.
        exponents: powers of two between a code and what the op meets; broadcast to the shape.
    """
    places = np.arange(first, first + int(np.prod(shape, dtype=np.int64))).reshape(1, *shape)
    return Structure(Form.MONOTONE, shape, places, _numbered(np.broadcast_to(exponents, shape)), affine=True)


def constant(shape: Shape) -> Structure:
    """A value that depends on nothing."""
    return Structure(Form.CONSTANT, shape, np.full((1, *shape), NONE), np.zeros(shape, np.int64), affine=True)


def unknown(shape: Shape, reason: str) -> Structure:
    """A structure that is not covered."""
    return Structure(Form.UNKNOWN, shape, _no_places(shape), np.zeros(shape, np.int64), reason=reason)


def moved(parts: Sequence[Structure], move: Callable[[list[IntArray]], IntArray]) -> Structure:
    """Elements of one value, or of several, at other places.

    Args:
        parts: the values.
        move: rearranges something per element of every value; NONE marks an element that comes from nowhere.
    """
    rules = move(_apart([part.rules for part in parts]))
    shape = tuple(rules.shape)
    form = _common_form([part.form for part in parts])
    affine = all(part.affine for part in parts)
    if form is Form.UNKNOWN and affine:
        form = Form.SUM
    if form is Form.UNKNOWN:
        reasons = [part.reason for part in parts if part.reason]
        return unknown(shape, reasons[0] if reasons else "values of different structure stand side by side")
    count = max(len(part.places) for part in parts)
    layers = [_layers(part, count) for part in parts]
    places = [move([layer[index] for layer in layers]) for index in range(count)]
    joined = np.stack(places) if places else _no_places(shape)
    if form is Form.SUM:
        joined = _no_places(shape)
    return Structure(form, shape, joined, rules, affine, all(part.uniform for part in parts))


def summed(parts: Sequence[Structure], shape: Shape) -> Structure:
    """A sum of multiples of any elements of the values, and a constant."""
    if all(part.form is Form.CONSTANT for part in parts):
        return constant(shape)
    if not all(part.affine for part in parts):
        return unknown(shape, _first_reason(parts, "a sum of values that are not affine"))
    return Structure(Form.SUM, shape, _no_places(shape), np.zeros(shape, np.int64), affine=True)


def stepped(
    x: Structure, shape: Shape, *constants: IntArray, monotone: bool = True, affine: bool = False
) -> Structure:
    """A function of every element, with constants that broadcast to the shape.

    Args:
        x: the value.
        shape: of the result; x broadcasts to it.
        constants: on which the function of an element depends.
        monotone: the function never falls.
        affine: the function is a constant plus a multiple of the element.
    """
    count = len(x.places)
    places = np.broadcast_to(x.places.reshape(count, *_leading(x.shape, shape)), (count, *shape))
    arrays = [np.broadcast_to(values, shape) for values in (x.rules, *constants)]
    rules = _together(arrays[0], *arrays[1:])
    moved_x = replace(x, shape=shape, places=places, rules=rules, affine=x.affine and affine)
    match x.form:
        case Form.CONSTANT | Form.FUNCTION:
            return moved_x
        case Form.MONOTONE:
            return moved_x if monotone else replace(moved_x, form=Form.FUNCTION)
        case Form.MAXIMUM | Form.MINIMUM if monotone:
            return moved_x
        case Form.SUM if affine:
            return moved_x
        case Form.POSITION:
            return moved_x
        case Form.UNKNOWN:
            return unknown(shape, x.reason)
        case _:
            return unknown(shape, f"a function of a {x.form.value}")


def marked(x: Structure, marks: IntArray) -> Structure:
    """The value where elements with other marks are other functions: each is scaled by its own power of two.

    Args:
        x: the value.
        marks: broadcast to its shape.
    """
    return replace(x, rules=_together(x.rules, np.broadcast_to(marks, x.shape)))


def joined_pair(a: Structure, b: Structure, shape: Shape, form: Form, *, affine: bool = False) -> Structure:
    """An element-wise op on two values that both depend on the sources.

    Args:
        a: one value.
        b: the other.
        shape: of the result; both broadcast to it.
        form: MAXIMUM, MINIMUM, PRODUCT or SUM: what the op makes of two elements.
        affine: the op is a sum or a difference.
    """
    x, y = (stepped(part, shape, affine=True) for part in (a, b))
    if x.form is Form.CONSTANT and y.form is Form.CONSTANT:
        return constant(shape)
    same = x.form in SINGLE and y.form in SINGLE and np.array_equal(x.places, y.places)
    if same:
        rules = _together(x.rules, y.rules)
        rising = form in (Form.MAXIMUM, Form.MINIMUM) and Form.FUNCTION not in (x.form, y.form)
        kind = Form.MONOTONE if rising else Form.FUNCTION
        return Structure(kind, shape, x.places, rules, affine and x.affine and y.affine)
    if form is Form.SUM:
        return summed([x, y], shape)
    parts = (Form.CONSTANT, Form.MONOTONE)
    reason = _first_reason((a, b), f"a {form.value} of values that depend on several elements or fall")
    if form is Form.PRODUCT:
        covered = x.form is Form.MONOTONE and y.form is Form.MONOTONE and x.affine and y.affine
    else:
        covered = x.form in (*parts, form) and y.form in (*parts, form)
    if not covered:
        return unknown(shape, reason)
    places = np.concatenate([x.places, y.places])
    return Structure(form, shape, places, _together(x.rules, y.rules), uniform=False)


def same_elements(parts: Sequence[Structure], shape: Shape) -> Structure:
    """Any function of values that all depend on the same one element, place by place."""
    spread = [stepped(part, shape, monotone=False) for part in parts if part.form is not Form.CONSTANT]
    if not spread:
        return constant(shape)
    first = spread[0]
    if any(x.form is not Form.FUNCTION or not np.array_equal(x.places, first.places) for x in spread):
        return unknown(shape, _first_reason(parts, "a function of several elements"))
    rules = _together(first.rules, *(x.rules for x in spread[1:]))
    return Structure(Form.FUNCTION, shape, first.places, rules)


def largest(x: Structure, windows: Callable[[IntArray, int], IntArray]) -> Structure:
    """The largest element of each window.

    Args:
        x: the value.
        windows: something per element, and what stands in the padding, to (*result shape, window's elements).
    """
    rules = windows(x.rules, NONE)
    shape = tuple(rules.shape[:-1])
    if x.form is Form.CONSTANT:
        return constant(shape)
    if x.form not in (Form.MONOTONE, Form.MAXIMUM):
        return unknown(shape, x.reason or f"the largest of a {x.form.value}")
    places = np.concatenate([np.moveaxis(windows(layer, NONE), -1, 0) for layer in x.places])
    inside = np.where(rules == NONE, rules.max(axis=-1, keepdims=True), rules)
    uniform = x.uniform and bool(np.all(inside == inside[..., :1]))
    return Structure(Form.MAXIMUM, shape, places, inside.max(axis=-1), uniform=uniform)


def position(x: Structure) -> Structure:
    """The position of the largest element along the last axis, the first on a tie."""
    shape = x.shape[:-1]
    if x.form is not Form.MONOTONE or not x.affine or np.any(x.rules != x.rules.reshape(-1)[:1]):
        return unknown(shape, x.reason or "the position of the largest among elements of different scale")
    places = np.moveaxis(x.places[0], -1, 0)
    return Structure(Form.POSITION, shape, places, np.zeros(shape, np.int64))


def _common_form(forms: Sequence[Form]) -> Form:
    """The form that elements of all these forms have."""
    kinds = [form for form in dict.fromkeys(forms) if form is not Form.CONSTANT]
    if len(kinds) <= 1:
        return kinds[0] if kinds else Form.CONSTANT
    for group, form in (
        ({Form.MONOTONE, Form.FUNCTION}, Form.FUNCTION),
        ({Form.MONOTONE, Form.MAXIMUM}, Form.MAXIMUM),
        ({Form.MONOTONE, Form.MINIMUM}, Form.MINIMUM),
    ):
        if set(kinds) <= group:
            return form
    return Form.UNKNOWN


def _apart(rules: Sequence[IntArray]) -> list[IntArray]:
    """The rules of several values, with numbers that no two values share."""
    firsts = np.cumsum([0, *(int(rule.max(initial=0)) + 1 for rule in rules)])
    return [rule + first for rule, first in zip(rules, firsts, strict=False)]


def _layers(part: Structure, count: int) -> IntArray:
    """The places of a value, with NONE for those that it has fewer of."""
    missing = np.full((count - len(part.places), *part.shape), NONE)
    return np.concatenate([part.places, missing])


def _leading(shape: Shape, to: Shape) -> Shape:
    """The shape with as many axes as another, those in front of size one."""
    return (1,) * (len(to) - len(shape)) + shape


def _no_places(shape: Shape) -> IntArray:
    return np.zeros((0, *shape), np.int64)


def _numbered(values: IntArray) -> IntArray:
    """Equal values as equal numbers from 0."""
    return np.unique(values, return_inverse=True)[1].reshape(values.shape).astype(np.int64)


def _together(first: IntArray, *others: IntArray) -> IntArray:
    """One number for each combination of values."""
    number = _numbered(np.asarray(first))
    for other in others:
        labels = _numbered(np.asarray(other))
        number = _numbered(number * (int(labels.max(initial=0)) + 1) + labels)
    return number


def _first_reason(parts: Sequence[Structure], otherwise: str) -> str:
    return next((part.reason for part in parts if part.reason), otherwise)
