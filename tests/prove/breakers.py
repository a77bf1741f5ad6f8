"""Ways to break what a rule of proofs returns, by its type.

A breaker takes a result and returns another one that says too much, or something else; None if it cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np

from edgeml.ir.structure import NONE, Form, Structure
from edgeml.prove.arguments import StageDifference, StageProof
from edgeml.stages.symbols import Atom, Sym

NOTHING = object()
"""Stands for a result that is None."""

Breaker = Callable[[Any], Any]

_MORE = {
    Form.FUNCTION: Form.MONOTONE,
    Form.MONOTONE: Form.CONSTANT,
    Form.MAXIMUM: Form.MONOTONE,
    Form.MINIMUM: Form.MONOTONE,
    Form.PRODUCT: Form.SUM,
    Form.POSITION: Form.CONSTANT,
    Form.SUM: Form.CONSTANT,
    Form.UNKNOWN: Form.SUM,
}
"""The form that says too much of one."""


def more(x: Any) -> Any:
    """A form that says more than holds."""
    if isinstance(x, Form):
        return _MORE.get(x)
    if not isinstance(x, Structure) or x.form not in _MORE:
        return None
    form = _MORE[x.form]
    if form is Form.CONSTANT:
        return Structure(form, x.shape, np.full((1, *x.shape), NONE), x.rules, affine=True)
    if form is Form.SUM:
        return Structure(form, x.shape, np.zeros((0, *x.shape), np.int64), x.rules, affine=True)
    return replace(x, form=form, places=x.places[:1])


def affine(x: Any) -> Any:
    """A structure that is said to be affine."""
    if not isinstance(x, Structure) or x.affine or x.form in (Form.UNKNOWN, Form.CONSTANT):
        return None
    return replace(x, affine=True)


def elsewhere(x: Any) -> Any:
    """Other elements."""
    if not isinstance(x, Structure) or not x.places.size:
        return None
    places = np.roll(x.places.reshape(len(x.places), -1), 1, axis=1).reshape(x.places.shape)
    return None if np.array_equal(places, x.places) else replace(x, places=places)


def alike(x: Any) -> Any:
    """Elements that are said to be one function."""
    if not isinstance(x, Structure) or not np.any(x.rules != x.rules.reshape(-1)[:1]):
        return None
    return replace(x, rules=np.zeros_like(x.rules))


def uniform(x: Any) -> Any:
    """Parts of an extreme that are said to be one function."""
    return replace(x, uniform=True) if isinstance(x, Structure) and not x.uniform else None


def _copied(x: Any, **changes: Any) -> Sym | None:
    if not isinstance(x, Sym):
        return None
    other = copy(x)
    for name, value in changes.items():
        setattr(other, name, value)
    return other


def narrower(x: Any) -> Any:
    """An interval that is too narrow."""
    if isinstance(x, tuple) and len(x) == 2 and all(isinstance(end, int) for end in x):
        return (x[0] + 1, x[1]) if x[0] < x[1] else None
    return _copied(x, lo=x.lo + 1) if isinstance(x, Sym) and x.lo < x.hi else None


def rising(x: Any) -> Any:
    """A function that is said never to fall."""
    return _copied(x, rising=True) if isinstance(x, Sym) and x.root is not None and not x.rising else None


def falling(x: Any) -> Any:
    """A function that is said never to rise."""
    return _copied(x, falling=True) if isinstance(x, Sym) and x.root is not None and not x.falling else None


def one_key(x: Any) -> Any:
    """One key for all functions."""
    return _copied(x, key=7, stem=7) if isinstance(x, Sym) and x.root is not None else None


def more_terms(x: Any) -> Any:
    """Another constant."""
    return _copied(x, plus=x.plus + 1) if isinstance(x, Sym) and x.affine else None


def fewer(x: Any) -> Any:
    """One part less: the last."""
    if isinstance(x, Sym) and x.parts:
        return _copied(x, parts=x.parts[:-1])
    if isinstance(x, list) and x:
        return x[:-1]
    if isinstance(x, tuple) and x and isinstance(x[0], tuple) and isinstance(x[0][0], Atom):
        return x[:-1]
    if (
        isinstance(x, tuple) and len(x) == 3 and isinstance(x[0], dict) and x[0]
    ):  # multiples, elements, constant
        return dict(list(x[0].items())[:-1]), *x[1:]
    return None


def without_last(x: Any) -> Any:
    """All vectors but the last."""
    return _fewer_vectors(x, slice(0, -1))


def without_first(x: Any) -> Any:
    """All vectors but the first."""
    return _fewer_vectors(x, slice(1, None))


def every_other(x: Any) -> Any:
    """Half of the vectors."""
    return _fewer_vectors(x, slice(0, None, 2))


def _fewer_vectors(x: Any, rows: slice) -> Any:
    if isinstance(x, tuple) and len(x) == 2 and isinstance(x[0], str):
        return x[0], _fewer_vectors(iter(x[1]), rows)
    if isinstance(x, Iterator):
        batches = [np.asarray(batch) for batch in x]
        return iter([np.concatenate(batches)[rows]]) if batches else iter(())
    if isinstance(x, np.ndarray) and x.ndim and len(x) > 1:
        return x[rows]
    return None


def other_codes(x: Any) -> Any:
    """Codes that are one too large."""
    if isinstance(x, Mapping):
        return {name: other_codes(part) for name, part in x.items()}
    return x + 1 if isinstance(x, np.ndarray) and x.dtype.kind in "iuf" and x.size else None


def zeros(x: Any) -> Any:
    """Zeros."""
    return np.zeros_like(x) if isinstance(x, np.ndarray) and x.size and np.any(x) else None


def no_difference(x: Any) -> Any:
    """A stage that differs, and is said not to."""
    if isinstance(x, StageDifference):
        return NOTHING
    if isinstance(x, StageProof) and (x.difference is not None or x.missing):
        return replace(x, difference=None, missing="")
    return None


BREAKERS: Mapping[str, Breaker] = {
    function.__name__: function
    for function in (
        more, affine, elsewhere, alike, uniform, narrower, rising, falling, one_key, more_terms, fewer,
        without_last, without_first, every_other, other_codes, zeros, no_difference,
    )
}  # fmt: skip
