"""Kinds of design: the artefacts whose hardware has figures, each named after the back end that writes it.

A kind is a package of `edgeml.estimate` that declares `ESTIMATOR`; the folder is the only list of them. Files
and results name a kind as `Design`, or as `AnyDesign` where a tool's result may be of a project of others.

Invariant: a value of either type, once validated by pydantic, is the name of a package of that folder.

To add a kind, write its package (`edgeml/estimate/__init__.py` says how); nothing here is edited.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from edgeml.folder import ModuleFolder

KINDS = ModuleFolder("design", "edgeml.estimate", whole=True)
"""The folder of the kinds of design."""

OTHER = "other"
"""The design of a result of a tool that is of no artefact of edgeml's."""


@cache
def _names() -> tuple[str, ...]:
    return KINDS.names()


def _kind(name: str) -> str:
    return _one_of(name, _names())


def _any(name: str) -> str:
    return _one_of(name, (*_names(), OTHER))


def _one_of(name: str, allowed: tuple[str, ...]) -> str:
    if name not in allowed:
        *others, last = map(repr, allowed)
        raise ValueError(f"Input should be {', '.join(others)} or {last}")
    return name


Design: TypeAlias = Annotated[str, AfterValidator(_kind)]
"""Name of a kind of design: "verilog", edgeml's own, or "hls4ml", for example."""

AnyDesign: TypeAlias = Annotated[str, AfterValidator(_any)]
"""A `Design`, or `OTHER`."""
