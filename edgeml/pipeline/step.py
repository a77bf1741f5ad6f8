"""Shared by every step of a run: the lock of its folder, and a line about the step that begins."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from edgeml.locks import locked
from edgeml.runs import Run

Tell = Callable[[str], None]
"""A function that is called with a line about each step that begins."""


def quiet(what: str) -> None:
    """A `Tell` for callers that show no progress."""
    del what


_Rest = ParamSpec("_Rest")
_Result = TypeVar("_Result")


def alone(step: Callable[Concatenate[Run, _Rest], _Result]) -> Callable[Concatenate[Run, _Rest], _Result]:
    """A step that holds the lock of the run folder, on the run as read after taking the lock."""

    @wraps(step)
    def locked_step(run: Run, *args: _Rest.args, **kwargs: _Rest.kwargs) -> _Result:
        with locked(run.folder):
            return step(Run.open(run.folder), *args, **kwargs)

    return locked_step
