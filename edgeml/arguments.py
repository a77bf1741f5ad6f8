"""Arguments of the public functions, as what they have to be, or one error that says what to give.

Invariant: nothing is read from a disk here.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError

if TYPE_CHECKING:
    from edgeml.runs import Run


def path_of(value: Any, name: str, hint: str) -> Path:
    """A path.

    Args:
        value: text or an `os.PathLike` of text.
        name: of the argument.
        hint: what to give instead of anything else.

    Raises:
        EdgemlError: it is something else.

    >>> path_of(3, "model", "give a file")
    Traceback (most recent call last):
    edgeml.errors.EdgemlError: model: is of type int, not a path (give a file)
    """
    if isinstance(value, str | os.PathLike):
        path = os.fspath(value)
        if isinstance(path, str):
            return Path(path)
    raise EdgemlError(f"is of type {type(value).__name__}, not a path", name, hint)


def run_of(value: Any) -> Run:
    """A run.

    Args:
        value: of the argument `run`: a run or its folder, or the folder's name below runs/.

    Raises:
        EdgemlError: it is something else, or the folder holds no run; near names below runs/ are named.
    """
    from edgeml.runs import Run

    return value if isinstance(value, Run) else Run.find(path_of(value, "run", "give a run or its folder"))


def floats_of(value: Any, name: str) -> NDArray[np.float32]:
    """An array of real numbers as float32, of the same shape.

    Args:
        value: an array or nested lists.
        name: of the argument.

    Raises:
        EdgemlError: it is text, complex, ragged, or no array at all.

    >>> floats_of([[1, 2], [3]], "x")
    Traceback (most recent call last):
    edgeml.errors.EdgemlError: x: is no array of real numbers (give floats (samples, ...))
    """
    hint = "give floats (samples, ...)"
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise EdgemlError("is no array of real numbers", name, hint)
        with np.errstate(over="ignore"):  # what is beyond float32 is infinite, and refused where that matters
            return array.astype(np.float32)
    except (TypeError, ValueError):
        raise EdgemlError("is no array of real numbers", name, hint) from None


def count_of(value: Any, name: str, what: str) -> int:
    """A whole number that is at least 1.

    Args:
        value: an int of Python or NumPy.
        name: of the argument.
        what: is counted: "samples".

    Raises:
        EdgemlError: it is something else.

    >>> count_of(0, "samples", "samples")
    Traceback (most recent call last):
    edgeml.errors.EdgemlError: samples: 0 samples (give a whole number, at least 1)
    """
    hint = "give a whole number, at least 1"
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise EdgemlError(f"is of type {type(value).__name__}, not a number of {what}", name, hint)
    if value < 1:
        raise EdgemlError(f"{value} {what}", name, hint)
    return int(value)


def names_of(value: Any, name: str) -> list[str]:
    """A list of names.

    Args:
        value: a list or another collection of text.
        name: of the argument.

    Raises:
        EdgemlError: it is a text, or no collection of texts.

    >>> names_of("bias", "corrections")
    Traceback (most recent call last):
    edgeml.errors.EdgemlError: corrections: is no list of names (give a list: ['bias'])
    """
    if isinstance(value, str):
        raise EdgemlError("is no list of names", name, f"give a list: {[value]}")
    try:
        names: list[Any] = list(value)
    except TypeError:
        names = [None]
    if any(not isinstance(one, str) for one in names):
        raise EdgemlError("is no list of names", name, "give a list of texts; [] is none")
    return names


def tell_of(value: Any, name: str) -> Callable[[str], None]:
    """A function that takes a line; one that does nothing for None.

    Args:
        value: a function, or None.
        name: of the argument.

    Raises:
        EdgemlError: it cannot be called.
    """
    if value is None:
        return lambda _: None
    if not callable(value):
        raise EdgemlError(
            f"is of type {type(value).__name__}, not a function", name, "give a function of a text: print"
        )
    return cast("Callable[[str], None]", value)
