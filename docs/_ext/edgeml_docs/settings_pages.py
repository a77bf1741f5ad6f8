"""Pages of every `--set` key, from the pydantic models: type, bounds, default and the words of the docstring.

Invariant: a key without a description is an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from inspect import cleandoc
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from edgeml import backends
from edgeml.importers.run import ImportChoices
from edgeml.presets import Choices
from edgeml.presets.rounding import PostTraining
from edgeml.presets.spec import Bits, KerasClass, LayerBits, OtherBits, Quantizers
from edgeml_docs.markdown import table

DESCRIBED_BY: Mapping[type[BaseModel], type[BaseModel]] = {OtherBits: Bits, LayerBits: Quantizers}
"""Classes whose fields are described by another's docstring, because they are its exceptions."""

_PART = re.compile(r"^(\w+):\s*(.*)$")


class UndescribedKeyError(Exception):
    """A key that no docstring describes."""


@dataclass(frozen=True)
class Key:
    """A key that `--set` takes.

    Args:
        name: dotted; NAME stands for a layer's name.
        type: its values, with their bounds.
        default: as it is written on the command line; "" if there is none.
        text: the description.
    """

    name: str
    type: str
    default: str
    text: str


def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """The words on each field in the sections Args and Attributes of a class's docstring."""
    texts: dict[str, list[str]] = {}
    current: list[str] | None = None
    inside = False
    for line in cleandoc(model.__doc__ or "").splitlines():
        if re.fullmatch(r"[A-Z]\w*:", line):
            inside = line in ("Args:", "Attributes:")
            continue
        if not inside:
            continue
        indent = len(line) - len(line.lstrip())
        match = _PART.match(line.strip())
        if indent == 4 and match:
            current = texts[match[1]] = [match[2]]
        elif current is not None and indent > 4:
            current.append(line.strip())
    return {name: " ".join(parts) for name, parts in texts.items()}


def keys(model: type[BaseModel], before: str = "") -> Iterator[Key]:
    """Every key of a model, tables within it included, in the order of the class.

    Raises:
        UndescribedKeyError: no docstring says what a key is.
    """
    schema = model.model_json_schema()
    words = descriptions(model)
    if model in DESCRIBED_BY:
        words = descriptions(DESCRIBED_BY[model]) | words
    for name, field in model.model_fields.items():
        key = f"{before}{name}"
        inner = _inner(field.annotation)
        by_layer = "dict" in str(field.annotation)
        default = _default(field)
        if inner is KerasClass or inner is None:
            if name not in words:
                raise UndescribedKeyError(
                    f"{model.__module__}.{model.__name__}.{name}: its class says no word of it"
                )
            yield Key(key, _type(schema["properties"][name], schema.get("$defs", {})), default, words[name])
        elif by_layer:
            if inner.__name__ == "TensorTypes":
                yield Key(f"{key}.NAME", "a type, or a table", "none", words[name])
            yield from keys(inner, f"{key}.NAME.")
        else:
            yield from keys(inner, f"{key}.")


def _inner(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation is, or holds."""
    for kind in (annotation, *(leaf for part in get_args(annotation) for leaf in (part, *get_args(part)))):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def _default(field: Any) -> str:
    if field.is_required():
        return ""
    value = field.default_factory() if field.default_factory is not None else field.default
    assert value is not PydanticUndefined
    return _written(value)


def _written(value: Any) -> str:
    """A value as `--set` takes it; "none" where nothing is set."""
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case KerasClass():
            return value.name
        case Enum():
            return _written(value.value)
        case str():
            return value or '""'
        case tuple() | list():
            return json.dumps([item if isinstance(item, str | int | float) else str(item) for item in value])
        case Mapping():
            return json.dumps(dict(value))
        case _:
            return f"{value:g}" if isinstance(value, float) else str(value)


def _type(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """The values that a schema allows, in words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return (
            "a name, or a table with a name"
            if name == "KerasClass"
            else _type(definitions[name], definitions)
        )
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{choice}`" for choice in schema["enum"])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            parts = dict.fromkeys(_type(part, definitions) for part in schema[several])
            return " or ".join(part for part in parts if part != "none") or "none"
    match schema.get("type"):
        case "integer":
            return f"integer{_bounds(schema)}"
        case "number":
            return f"number{_bounds(schema)}"
        case "boolean":
            return "`true` or `false`"
        case "string":
            return "text"
        case "null":
            return "none"
        case "array":
            items = schema.get("items") or {}
            return f"list of {_type(items, definitions)}" if items else "list"
        case "object":
            values = schema.get("additionalProperties")
            return f"table by name of {_type(values, definitions)}" if isinstance(values, dict) else "table"
        case _:
            return "any value"


def _bounds(schema: Mapping[str, Any]) -> str:
    """The bounds of a number: " 1 to 5", " above 0", ..."""
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if low is not None and high is not None:
        return f" {_number(low)} to {_number(high)}"
    parts = [
        f"{word} {_number(bound)}"
        for word, bound in (("from", low), ("above", above), ("to", high), ("below", below))
        if bound is not None
    ]
    return f" {' '.join(parts)}" if parts else ""


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def backend_options() -> dict[str, type[BaseModel]]:
    """The class of each back end's options."""
    return {name: type(backends.load(name).options({})) for name in backends.names()}


HEAD = """# Every key of `--set`

`--set KEY=VALUE` may be given again. A value is a number, `true` or `false`, a word, a text in quotes, a list
such as `['a', 'b']` or a table such as `{name='sgd', momentum=0.9}`, as in TOML. NAME stands for the name of
a layer. An unknown key is refused with near matches. In Python: `settings={"quantizers.weights.bits": 4}`.

This page is written from the code when the site is built. "Required": a preset states the value, and `--set`
changes it.
"""


def rows(found: Iterator[Key]) -> str:
    """The keys as a table."""
    cells = [
        (f"`{key.name}`", key.type, f"`{key.default}`" if key.default else "required", key.text)
        for key in found
    ]
    return table(("key", "values", "default", "what it does"), cells)


def page() -> str:
    """The page of all keys."""
    parts = [HEAD]
    shared: dict[str, Any] = {name: field.annotation for name, field in Choices.model_fields.items()}
    del shared["seed"]  # an option of its own
    imported = set(ImportChoices.model_fields)
    for name, model in shared.items():
        commands = ["`edgeml train`", "`run`"] + (["`import`", "`quantize`"] if name in imported else [])
        parts.append(f"## {name}\n\nOf {', '.join(commands)}.\n\n{rows(keys(model, f'{name}.'))}")
    parts.append(f"## quantize\n\nOf `edgeml quantize`.\n\n{rows(keys(PostTraining, 'quantize.'))}")
    for name, model in backend_options().items():
        commands = "Of `edgeml export`, `estimate`" + (", `synth`" if name == "verilog" else "")
        listed = rows(keys(model, f"{name}.")) if model.model_fields else "It has no options.\n"
        parts.append(f"## {name}\n\n{commands}: options of the back end.\n\n{listed}")
    return "\n".join(parts)
