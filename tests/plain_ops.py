"""Ops that can be tried without knowing anything of them: no attributes, one or two values of one shape."""

from __future__ import annotations

from collections.abc import Collection

from edgeml.ir import Op, ops

PORTS = frozenset({"input", "const"})


def plain_ops(without: Collection[str]) -> dict[str, type[Op]]:
    """The plain ops of the folder by name, those in `without` left out."""
    kinds = {name: ops.load(name) for name in ops.names() if name not in PORTS and name not in without}
    return {name: kind for name, kind in kinds.items() if _is_plain(kind)}


def _is_plain(kind: type[Op]) -> bool:
    try:
        kind()
    except TypeError:  # an attribute without a default
        return False
    return kind.arity in (1, 2) and not kind.constant_inputs
