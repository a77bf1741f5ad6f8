"""The rules of proofs, each broken in turn, and random campaigns that have to notice it.

A rule is a function of `MODULES` whose annotation says that it returns a claim (`CLAIMS`), the structure that
an op states, or an entry of the table of ONNX operators. They are looked up, not listed: a new rule is broken
the moment it exists. It is broken by what it returns (`tests.prove.breakers`): a claim too much, other
elements, a vector too few.

A campaign is a check of random cases that honest rules stand (`tests.prove.checks`). To add one, write it
there and list it in `campaigns`.
"""

from __future__ import annotations

import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import edgeml.ir.ops
from edgeml.ir import Op
from edgeml.ir.ops.input import Input
from edgeml.stages import nodes
from tests.prove.breakers import NOTHING

MODULES = (
    "edgeml.ir.structure",
    "edgeml.ir.between",
    *(module.name for package in ("edgeml.stages", "edgeml.prove")
      for module in pkgutil.iter_modules(import_module(package).__path__, f"{package}.")
      if not module.name.endswith(".witness")),
)  # fmt: skip
"""Modules of rules; the search for witnesses claims nothing, since each one is run."""
CLAIMS = (
    "Structure",
    "Number",
    "Sym",
    "Atom",
    "Form",
    "IntArray",
    "Iterable",
    "StageDifference",
    "StageProof",
)
"""Words of the annotations of what returns a claim."""


@dataclass(frozen=True, eq=False)
class Rule:
    """A function that says something which a proof rests on.

    Args:
        name: of the function, or of the entry.
        honest: the function, or a property.
        places: mappings or objects and the name under which it is looked up in them.
    """

    name: str
    honest: Any
    places: tuple[tuple[Any, Any], ...]

    @contextmanager
    def replaced(self, other: Callable[[Any], Any]) -> Iterator[list[str]]:
        """The rule with every result changed; the list has an entry for each that was.

        Args:
            other: a result to another one (`NOTHING` for None), or None if it cannot be changed so.
        """
        changes: list[str] = []
        getter = self.honest.fget if isinstance(self.honest, property) else self.honest
        function: Any = getter

        def broken(*arguments: Any, **named: Any) -> Any:
            result = function(*arguments, **named)
            changed = other(result)
            if changed is None:
                return result
            changes.append(self.name)
            return None if changed is NOTHING else changed

        before = [(holder, name, _looked_up(holder, name)) for holder, name in self.places]
        for holder, name, honest in before:
            kind: Any = {property: property, staticmethod: staticmethod}.get(type(honest))
            _put(holder, name, broken if kind is None else kind(broken))
        try:
            yield changes
        finally:
            for holder, name, honest in before:
                _put(holder, name, honest)


def _looked_up(holder: Any, name: Any) -> Any:
    return holder[name] if isinstance(holder, dict) else vars(holder)[name]


def _put(holder: Any, name: Any, value: Any) -> None:
    if isinstance(holder, dict):
        holder[name] = value
    else:
        setattr(holder, name, value)


@cache
def rules() -> dict[str, Rule]:
    """All rules by name."""
    found: dict[str, Rule] = {}
    ops = pkgutil.iter_modules(edgeml.ir.ops.__path__, f"{edgeml.ir.ops.__name__}.")
    for name in (*MODULES, *(module.name for module in ops)):
        import_module(name)
    entries = set(nodes._RULES.values())
    for name in MODULES:
        module = import_module(name)
        for key, value in vars(module).items():
            if inspect.isfunction(value) and value.__module__ == name and _claims(value, entries):
                found[f"{name}.{key}"] = Rule(key, value, tuple(_holders(value)))
            if inspect.isclass(value) and value.__module__ == name:
                for method, function in vars(value).items():
                    plain = getattr(function, "__func__", function)
                    getter = function.fget if isinstance(function, property) else plain
                    if inspect.isfunction(getter) and _claims(getter, entries):
                        found[f"{name}.{key}.{method}"] = Rule(method, plain, ((value, method),))
    for kind in _all(Op):
        if (
            "structure" in vars(kind)
            and kind is not Input
            and kind.__module__.startswith(edgeml.ir.ops.__name__)
        ):
            found[f"{kind.__module__}.{kind.__name__}"] = Rule(
                kind.__name__, vars(kind)["structure"], ((kind, "structure"),)
            )
    table: Any = nodes._RULES
    for (domain, operator), rule in table.items():
        found[f"nodes {domain}{operator}"] = Rule(operator, rule, ((table, (domain, operator)),))
    return found


def _claims(function: Any, entries: Set[Any]) -> bool:
    """True if it returns a claim; what makes entries of the table, or is one, is broken as an entry."""
    said = str(function.__annotations__.get("return", ""))
    return (
        any(word in said for word in CLAIMS) and not said.startswith("Callable") and function not in entries
    )


def _holders(function: Any) -> Iterator[tuple[Any, str]]:
    """The modules that have the function, under a name of their own."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("edgeml", "tests.prove")):
            yield from ((module, key) for key, value in list(vars(module).items()) if value is function)


def _all(kind: type) -> Iterator[type]:
    yield kind
    for below in kind.__subclasses__():
        yield from _all(below)
