"""One file per op; the folder is the list of ops.

`names()` reads the folder and `load(name)` imports one op's class. Core ops are answered by every back
end; composite ops (subclasses of `Composite`) expand to core ops.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from edgeml.errors import unknown_name

if TYPE_CHECKING:
    from edgeml.ir.op import Op


def names() -> tuple[str, ...]:
    """The names of all ops, sorted."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_")))


def load(name: str) -> type[Op]:
    """The class of one op.

    Raises:
        EdgemlError: there is no such op.
    """
    if name not in names():
        raise unknown_name("op", name, names())
    module = importlib.import_module(f"{__name__}.{name}")
    return getattr(module, "".join(part.capitalize() for part in name.split("_")))
