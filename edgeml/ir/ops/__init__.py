"""One file per op; the folder is the list of ops.

`names()` reads the folder and `load(name)` imports one op's class. Core ops are answered by every back
end; composite ops (subclasses of `Composite`) expand to core ops.

To add an op, write `edgeml/ir/ops/NAME.py` with its class and `tests/ir/test_op_NAME.py` with an `OpCase`; a
core op has a file in each back end's `ops` as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.folder import ModuleFolder

if TYPE_CHECKING:
    from edgeml.ir.op import Op

_FOLDER = ModuleFolder("op", __name__)


def names() -> tuple[str, ...]:
    """The names of all ops, sorted."""
    return _FOLDER.names()


def load(name: str) -> type[Op]:
    """The class of one op.

    Raises:
        EdgemlError: there is no such op, or its file lacks its class.
    """
    from edgeml.ir.op import Op

    return _FOLDER.class_of(name, Op)
