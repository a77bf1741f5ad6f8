"""Back ends: one folder each, mutually independent. `names()` lists the folders, `load(name)` gives one.

To add a back end, add a folder with `BACKEND` in its `__init__` and one file per op in its folder `ops`
(`edgeml.backend` has the base classes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.folder import ModuleFolder

if TYPE_CHECKING:
    from edgeml.backend import Backend

_FOLDER = ModuleFolder("back end", __name__)


def names() -> tuple[str, ...]:
    """The names of all back ends, sorted."""
    return _FOLDER.names()


def load(name: str) -> Backend:
    """One back end.

    Raises:
        EdgemlError: there is none of that name (near matches are given), or its folder lacks `BACKEND`.
    """
    from edgeml.backend import Backend

    return _FOLDER.declared(name, "BACKEND", Backend)
