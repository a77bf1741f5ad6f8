"""Back ends: one folder each, mutually independent. `names()` lists the folders, `load(name)` gives one."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from edgeml.errors import unknown_name

if TYPE_CHECKING:
    from edgeml.backends.base import Backend


def names() -> tuple[str, ...]:
    """The names of all back ends, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg))


def load(name: str) -> Backend:
    """One back end.

    Raises:
        EdgemlError: there is none of that name; near matches are given.
    """
    if name not in names():
        raise unknown_name("back end", name, names())
    return importlib.import_module(f"{__name__}.{name}").BACKEND
