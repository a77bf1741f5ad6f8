"""Typed settings: from a TOML file, from `--set KEY=VALUE` or from keyword arguments, checked by pydantic.

`Settings` is the base of every description that a user can write (presets, boards, options of back ends).
It is frozen and knows no key that is not declared. `parse_settings` validates plain values and turns all
that pydantic finds into one `EdgemlError` that names the file, the key and, for an unknown key, near matches.

Invariant: no setting of a user is ignored; a key is either declared or refused.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeAlias, TypeVar, cast, get_args

import tomli_w
from pydantic import BaseModel, ConfigDict, Discriminator, Tag, ValidationError

from edgeml import limits
from edgeml.errors import EdgemlError, unknown_name
from edgeml.files import read_bytes
from edgeml.reading import error_text

M = TypeVar("M", bound=BaseModel)
_T = TypeVar("_T")

OTHERS = "default"
"""The key of a table by layer that stands for the layers it does not name."""

_KEY = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_TYPE = re.compile(r"u?fixed<-?\d+,-?\d+(,\w+){0,2}>")
_BARE = re.compile(r"[^\s\"'\[\]{}=,#][^\n\r\"'\[\]{}=,#]*")
_MOST_SHOWN = 3


class Settings(BaseModel):
    """Base of descriptions that a user can write: immutable, and an undeclared key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)


def _form(value: Any) -> str:
    return "layer" if isinstance(value, Mapping) else "all"


PerLayer: TypeAlias = Annotated[
    Annotated[_T, Tag("all")] | Annotated[dict[str, _T], Tag("layer")], Discriminator(_form)
]
"""One value for all layers, or a table by layer; the tag keeps messages short."""


def per_layer(table: Any, layer: str) -> Any:
    """The entry of a `PerLayer` option for one layer; None if the table has none.

    >>> per_layer(4, "fc1"), per_layer({"fc1": 4, "default": 2}, "fc2"), per_layer({"fc1": 4}, "fc2")
    (4, 2, None)
    """
    if not isinstance(table, Mapping):
        return table
    entries = cast("Mapping[str, Any]", table)
    return entries.get(layer, entries.get(OTHERS))


def check_layers(table: Any, layers: Iterable[str], where: str, otherwise: str) -> None:
    """Refuse a `PerLayer` table with the name of a layer that does not exist.

    Args:
        table: the option's value.
        layers: those it may name.
        where: the option, for the message.
        otherwise: a second possible fault, for the message: "it multiplies nothing".

    Raises:
        EdgemlError: with near matches.
    """
    if isinstance(table, Mapping):
        existing = set(layers)
        for name in cast("Mapping[str, Any]", table):
            if name not in existing and name != OTHERS:
                error = unknown_name("layer", name, existing, where)
                raise EdgemlError(f"{error.what} or {otherwise}", error.where, error.hint)


def parse_settings(model_class: type[M], settings: Mapping[str, Any], where: str) -> M:
    """Plain values as a validated model.

    Args:
        model_class: a pydantic model, usually a subclass of `Settings`.
        settings: plain values, nested mappings for nested models.
        where: the file, preset or option group they come from, for the message.

    Raises:
        EdgemlError: an unknown key (near matches given), a missing one, or a value that does not fit.

    >>> class Clock(Settings):
    ...     period_ns: float = 5.0
    >>> parse_settings(Clock, {"perod_ns": 4}, "board.toml")
    Traceback (most recent call last):
    edgeml.errors.EdgemlError: board.toml: unknown key 'perod_ns' (did you mean period_ns?)
    """
    try:
        return model_class.model_validate(dict(settings))
    except ValidationError as error:
        raise explained(error, model_class, where) from None


def explained(error: ValidationError, model_class: type[BaseModel], where: str) -> EdgemlError:
    """pydantic's errors as one `EdgemlError`: the first fault with its remedy, then a few more.

    Args:
        error: of the validation of a `model_class`.
        model_class: for near matches of misspelt keys.
        where: as in `parse_settings`.
    """
    problems = error.errors(include_url=False)
    # A misspelt key is often a missing one too; the near match is what helps.
    problems.sort(key=lambda detail: detail["type"] != "extra_forbidden")
    lines = [
        _problem_text(model_class, detail["type"], detail["loc"], detail["msg"], detail.get("input"))
        for detail in problems
    ]
    (what, hint), others = lines[0], [text for text, _ in lines[1:_MOST_SHOWN]]
    if len(lines) > _MOST_SHOWN:
        others.append(f"and {len(lines) - _MOST_SHOWN} more")
    return EdgemlError("; ".join([what, *others]), where, hint)


def set_values(
    settings: Mapping[str, Any], assignments: Iterable[str], named: Iterable[str] = ()
) -> dict[str, Any]:
    """A copy of `settings` with the values of `--set KEY=VALUE` put in.

    Args:
        settings: nested plain values; left as they are.
        assignments: "training.epochs=5", "targets.board=pynq-z2", ... A value is a TOML value; what is none,
            such as a bare word, is a string.
        named: keys of tables that a word alone stands for: "training.optimizer=sgd" is the table with the
            name "sgd", so that "training.optimizer.momentum=0.9" can follow.

    Raises:
        EdgemlError: an assignment without "=", without a key or value, below a key that is no table, or of a
            whole table behind one of its keys, which would be lost.

    >>> set_values({"training": {"epochs": 20}}, ["training.epochs=5", "targets.board=pynq-z2"])
    {'training': {'epochs': 5}, 'targets': {'board': 'pynq-z2'}}
    """
    result, names, stated = _copied(settings), frozenset(named), list[str]()
    for assignment in assignments:
        key, equals, text = (part.strip() for part in assignment.partition("="))
        if not equals or not _KEY.fullmatch(key):
            raise EdgemlError(
                "is not KEY=VALUE", f"--set {assignment}", "write for example training.epochs=5"
            )
        if lost := next((earlier for earlier in stated if earlier.startswith(f"{key}.")), ""):
            raise EdgemlError(
                f"replaces all of {key}, so that {lost} before it is lost",
                f"--set {assignment}",
                f"state {key} first, then {lost}",
            )
        stated.append(key)
        *tables, last = key.split(".")
        table = result
        for name in tables:
            table = table.setdefault(name, {})
            if not isinstance(table, dict):
                raise EdgemlError(f"{name!r} is a value, not a table of values", f"--set {assignment}")
        value = _value(text, assignment)
        table[last] = {"name": value} if key in names and isinstance(value, str) else value
    return result


def assignments(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Nested or dotted values as `set_values` takes them; a None is left out.

    Raises:
        EdgemlError: they are no mapping, or a value is none that TOML has.

    >>> assignments({"training": {"epochs": 5}, "targets.board": "pynq-z2"})
    ('training.epochs=5', 'targets.board="pynq-z2"')
    """
    if not isinstance(values, Mapping):
        kind = type(values).__name__
        raise EdgemlError(
            f"is a {kind}, no mapping", "settings", 'write for example {"data.scaling": "unit"}'
        )
    assigned: list[str] = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            inner = cast("Mapping[str, Any]", value)
            assigned += [f"{key}.{rest}" for rest in assignments(inner)]
        elif value is not None:
            try:
                text = tomli_w.dumps({"x": value.item() if hasattr(value, "item") else value})
            except (TypeError, ValueError, AttributeError):
                kind = type(value).__name__
                raise EdgemlError(
                    f"is a {kind}", str(key), "give a number, text, bool, list or dict"
                ) from None
            lines = text.partition("=")[2].split("\n")  # a list stands on several
            assigned.append(f"{key}={' '.join(lines).strip()}")
    return tuple(assigned)


def read_toml(path: str | Path, what: str = "TOML file") -> dict[str, Any]:
    """The values of a TOML file.

    Args:
        path: the file.
        what: description of the file for messages.

    Raises:
        EdgemlError: it is missing, not readable, or not TOML (line and column given).
    """
    try:
        return tomllib.loads(read_bytes(path, what, limits.TEXT).decode())
    except UnicodeDecodeError as error:
        raise EdgemlError(f"is not UTF-8 text ({error.reason} at byte {error.start})", str(path)) from None
    except tomllib.TOMLDecodeError as error:
        raise EdgemlError(f"is not valid TOML: {error_text(error)}", str(path)) from None
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits, a table 1,000 levels deep
        raise EdgemlError(f"is not TOML that can be read: {error_text(error)}", str(path)) from None


def _value(text: str, assignment: str) -> Any:
    try:
        parsed = tomllib.loads(f"value = {text}") if "\n" not in text else {}
        if set(parsed) == {"value"}:
            return parsed["value"]
    except (ValueError, RecursionError):
        if _BARE.fullmatch(text) or _TYPE.fullmatch(text):
            return text
    raise EdgemlError(
        f"cannot read the value {text!r}",
        f"--set {assignment}",
        'write a number, true, false, a word, or "text"',
    )


def _copied(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _copied(value) if isinstance(value, Mapping) else value for key, value in settings.items()}


def _problem_text(
    model_class: type[BaseModel], kind: str, path: tuple[int | str, ...], message: str, value: Any
) -> tuple[str, str]:
    """The fault at `path`, and the remedy."""
    key = ".".join(map(str, path))
    if kind == "extra_forbidden":
        declared = _keys_at(model_class, path[:-1])
        hint = unknown_name("key", str(path[-1]), declared).hint
        return f"unknown key {key!r}", hint
    if kind == "missing":
        return f"the key {key!r} is missing", f"add {key}"
    text = message.removeprefix("Value error, ")
    text = text[:1].lower() + text[1:]
    if not key:
        return text, ""
    shown = repr(value) if isinstance(value, str | int | float | bool) else ""
    return f"{key}{f' = {shown}' if shown else ''}: {text}", ""


def _keys_at(model_class: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """The declared keys of the model that `path` leads to; empty if it is not a model."""
    candidates: list[Any] = [model_class]
    for part in path:
        models = [kind for kind in candidates if _is_model(kind)]
        fields = [kind.model_fields[part].annotation for kind in models if part in kind.model_fields]
        # A part that no model declares is a list index, dictionary key or union tag: the candidates stay.
        candidates = [leaf for annotation in fields for leaf in _leaves(annotation)] or candidates
    return sorted({name for kind in candidates if _is_model(kind) for name in kind.model_fields})


def _leaves(annotation: Any) -> list[Any]:
    """The classes an annotation is made of: of `dict[str, A] | None` str, A and NoneType."""
    arguments = get_args(annotation)
    return [leaf for part in arguments for leaf in _leaves(part)] if arguments else [annotation]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
