"""Attributes of ops as text and back; the one codec behind the text form and the saved form.

    true  3  -1  [2, 2]  fixed<6,2>  RND_CONV  SAT  @weights

An array is written as `@key` and handed over apart. The text alone says what each thing is.

Invariant: decode(encode(value)) equals the value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, FixedTypeArray, IntArray, Overflow, Round

_ENUMS: Mapping[str, Round | Overflow] = {m.value: m for kind in (Round, Overflow) for m in kind}
_TOKEN = re.compile(r"\s*(u?fixed<[^>]*>|@[\w.]+|-?\d+|[A-Za-z_]+|[\[\],])")
_ARRAY_TYPE = re.compile(r"(u?)fixed<@([\w.]+),@([\w.]+)>")


def encode(value: Any, key: str, arrays: dict[str, IntArray]) -> str:
    """One attribute as text.

    Args:
        value: bool, int, enum, type, array, or a tuple of these.
        key: the name arrays get, unique in the graph.
        arrays: filled with the arrays met.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Round() | Overflow():
            return value.value
        case FixedType():
            return str(value)
        case FixedTypeArray():
            arrays[f"{key}.width"], arrays[f"{key}.frac"] = value.width, value.frac
            return f"{'' if value.signed else 'u'}fixed<@{key}.width,@{key}.frac>"
        case np.ndarray():
            arrays[key] = value
            return f"@{key}"
        case tuple():
            items = cast("tuple[Any, ...]", value)
            return f"[{', '.join(encode(item, f'{key}.{i}', arrays) for i, item in enumerate(items))}]"
        case _:
            raise TypeError(f"{key}: an attribute cannot be a {type(value).__name__}")


def decode(text: str, arrays: Mapping[str, IntArray]) -> Any:
    """The attribute that `text` stands for.

    Raises:
        EdgemlError: the text is malformed or an array is missing.
    """
    value, rest = _decode(text, arrays)
    if rest.strip():
        raise EdgemlError(f"cannot read {rest.strip()!r} after an attribute")
    return value


def _decode(text: str, arrays: Mapping[str, IntArray]) -> tuple[Any, str]:
    match = _TOKEN.match(text)
    if match is None:
        raise EdgemlError(f"cannot read the attribute {text!r}")
    token, rest = match[1], text[match.end() :]
    if token == "[":
        return _decode_tuple(rest, arrays)
    if token in ("true", "false"):
        return token == "true", rest
    if token in _ENUMS:
        return _ENUMS[token], rest
    if token.startswith("@"):
        return _array(token[1:], arrays), rest
    if per_element := _ARRAY_TYPE.fullmatch(token):
        width, frac = _array(per_element[2], arrays), _array(per_element[3], arrays)
        return FixedTypeArray(per_element[1] == "", width, frac), rest
    if "fixed" in token:
        return FixedType.parse(token), rest
    try:
        return int(token), rest
    except ValueError:
        raise EdgemlError(f"cannot read the attribute {token!r}") from None


def _decode_tuple(text: str, arrays: Mapping[str, IntArray]) -> tuple[tuple[Any, ...], str]:
    items: list[Any] = []
    rest = text
    while not rest.lstrip().startswith("]"):
        if items:
            if not rest.lstrip().startswith(","):
                raise EdgemlError(f"a comma or ] expected before {rest!r}")
            rest = rest.lstrip()[1:]
        item, rest = _decode(rest, arrays)
        items.append(item)
    return tuple(items), rest.lstrip()[1:]


def _array(key: str, arrays: Mapping[str, IntArray]) -> IntArray:
    if key not in arrays:
        raise EdgemlError(f"the array {key!r} is missing")
    return arrays[key]
