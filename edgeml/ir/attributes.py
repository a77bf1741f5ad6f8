"""Attributes of ops: brought to their declared kind, written as text and read back.

The codec is the one behind the text form and the saved form:

    true  3  -1  [2, 2]  fixed<6,2>  RND_CONV  SAT  @weights

An array is written as `@key` and handed over apart. The text alone says what each thing is.

Invariant: decode(encode(value)) equals the value, and an op never holds an attribute of another kind
than its field declares.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from contextlib import suppress
from enum import Enum
from types import UnionType
from typing import Any, Union, cast, get_args, get_origin

import numpy as np

from edgeml.errors import EdgemlError, shown
from edgeml.fixed import FixedType, FixedTypeArray, IntArray, Overflow, Round, int_array

_ENUMS: Mapping[str, Round | Overflow] = {m.value: m for kind in (Round, Overflow) for m in kind}
_TOKEN = re.compile(r"\s*(u?fixed<[^>]*>|@[\w.]+|-?\d+|[A-Za-z_]+|[\[\],])")
_ARRAY_TYPE = re.compile(r"(u?)fixed<@([\w.]+),@([\w.]+)>")


def encode(value: Any, key: str, arrays: dict[str, IntArray]) -> str:
    """One attribute as text.

    Args:
        value: bool, int, enum, type, array, or a tuple of these.
        key: the name arrays get, unique in the graph.
        arrays: filled with the arrays met.

    Raises:
        TypeError: the value is of another type.
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
            _put(arrays, f"{key}.width", value.width)
            _put(arrays, f"{key}.frac", value.frac)
            return f"{'' if value.signed else 'u'}fixed<@{key}.width,@{key}.frac>"
        case np.ndarray():
            _put(arrays, key, value)
            return f"@{key}"
        case tuple():
            items = cast("tuple[Any, ...]", value)
            return f"[{', '.join(encode(item, f'{key}.{i}', arrays) for i, item in enumerate(items))}]"
        case _:
            raise TypeError(f"{key}: an attribute cannot be a {type(value).__name__}")


def _put(arrays: dict[str, IntArray], key: str, value: Any) -> None:
    if key in arrays:
        raise EdgemlError("two arrays would have this name", key, "rename the op")
    arrays[key] = value


def split(text: str) -> dict[str, str]:
    """The text "key=value, key=value" as a mapping; commas inside brackets do not count.

    Raises:
        EdgemlError: a part is no key=value, or a key comes twice.

    >>> split("pool=[2, 2], to=fixed<6,2>")
    {'pool': '[2, 2]', 'to': 'fixed<6,2>'}
    """
    depth, parts = 0, [""]
    for character in text:
        depth += (character in "[<") - (character in "]>")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    attributes: dict[str, str] = {}
    for part in parts if text.strip() else []:
        key, equals, value = part.strip().partition("=")
        if not (equals and key.isidentifier() and value) or key in attributes:
            raise EdgemlError(f"cannot read {part.strip()!r}; key=value expected, every key once")
        attributes[key] = value
    return attributes


def conform(value: Any, kind: Any) -> Any:
    """The value as the declared kind has it: Python ints, tuples all the way down, read-only int64 arrays.

    Args:
        value: what an op was made with.
        kind: the type of the field: int, bool, an enum, a fixed-point type, a tuple, an int array, a union.

    Raises:
        EdgemlError: it is nothing of that kind.

    >>> conform([np.int64(2), 3], tuple[int, ...])
    (2, 3)
    """
    name: str = kind.__name__ if isinstance(kind, type) and not get_args(kind) else str(kind)
    if (
        kind == IntArray
    ):  # compared, not taken apart: NumPy's NDArray is a `type` alias on Python 3.12 and later
        return int_array(value, "array")
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        for one in args:
            with suppress(EdgemlError):
                return conform(value, one)
    if origin is tuple and isinstance(value, tuple | list):
        items = cast("tuple[Any, ...]", value)
        kinds = args[:1] * len(items) if args[-1] is Ellipsis else args
        if len(items) == len(kinds):
            return tuple(conform(item, one) for item, one in zip(items, kinds, strict=True))
    elif kind is int and not isinstance(value, bool):
        with suppress(TypeError):
            return operator.index(value)
    elif (
        isinstance(kind, type)
        and issubclass(kind, bool | Enum | FixedType | FixedTypeArray)
        and isinstance(value, kind)
    ):
        return value
    raise EdgemlError(f"{shown(value)} is no {name}")


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
