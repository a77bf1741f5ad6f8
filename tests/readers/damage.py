"""Ways to damage a file. Deterministic: the same generator gives the same damage.

`any_bytes` knows nothing of the contents, `any_json` swaps types and sizes of what a JSON document holds,
`any_arrays` those of the arrays in an .npz. To add a way, add a case here; every reader then meets it.
"""

from __future__ import annotations

import copy
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

Damage: TypeAlias = Callable[[bytes, np.random.Generator], bytes]

_ODD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2**31, 2**63, -(2**63), 10**30, 10**400, 0.5, -0.0, 1e308, 1e-320),
    *("", "x", "1", "..", "../../x", "a\nb", "\x00", "\ud800", "} [exec x]", "é", "x" * 5000),
    *([], [[]], {}, [None], {"": None}, [[[[[[[[[[]]]]]]]]]], [1, "2", None], {"a": {"b": {"c": []}}}),
)
_BYTES = (
    b"",
    b"\0",
    b"\xff",
    b"{",
    b"]",
    b'"',
    b"\n",
    b"\r",
    b",",
    b"-",
    b"9" * 400,
    b"NaN",
    b"[" * 2000,
    b"1e999",
)


def any_bytes(content: bytes, rng: np.random.Generator) -> bytes:
    """Bits turned, parts lost, doubled, moved, overwritten or put in; one to three times."""
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 4))):
        at, to = sorted(int(n) for n in rng.integers(0, len(data) + 1, 2))
        to = min(to, at + 64)
        match int(rng.integers(7)):
            case 0 if data:
                data[min(at, len(data) - 1)] ^= 1 << int(rng.integers(8))
            case 1:
                del data[at:]
            case 2:
                del data[at:to]
            case 3:
                data[at:at] = data[at:to]
            case 4:
                data[at:at] = _BYTES[int(rng.integers(len(_BYTES)))]
            case 5:
                data[at:to] = bytes(rng.integers(0, 256, to - at, np.uint8))
            case _:
                data[at:to] = bytes(to - at)
    return bytes(data)


def any_json(content: bytes, rng: np.random.Generator) -> bytes:
    """A value of the document replaced by one of another type or size, a key lost or added."""
    document = json.loads(content)
    for _ in range(int(rng.integers(1, 3))):
        document = _changed(document, rng)
    return json.dumps(document).encode("utf-8", "surrogatepass")


def any_lines(content: bytes, rng: np.random.Generator) -> bytes:
    """The same for a file with a JSON document per line."""
    lines = content.splitlines()
    at = int(rng.integers(len(lines)))
    lines[at] = any_json(lines[at], rng)
    return b"\n".join(lines)


def any_arrays(content: bytes, rng: np.random.Generator) -> bytes:
    """An array of an .npz with another type, shape or name, lost, or with numbers of another size."""
    with np.load(io.BytesIO(content)) as found:
        arrays: dict[str, Any] = {name: found[name] for name in found.files}
    names = sorted(arrays)
    name = names[int(rng.integers(len(names)))]
    array = arrays.pop(name)
    kinds = ("f4", "f8", "c8", "i1", "u8", "?", "U4", "S3", "M8[s]", ">i4", "f2", "V4")
    with np.errstate(all="ignore"):
        match int(rng.integers(9)):
            case 0:
                arrays[name] = np.zeros(array.shape, kinds[int(rng.integers(len(kinds)))])
            case 1:
                arrays[name] = array[..., :-1] if array.ndim and array.shape[-1] else array
            case 2:
                arrays[name] = array[np.newaxis]
            case 3:
                arrays[name] = array.reshape(-1)
            case 4:
                arrays[name] = np.array(7)
            case 5:
                arrays[name] = np.zeros((0, *array.shape[1:]), array.dtype)
            case 6:
                arrays[f"{name}x"] = array
            case 7:
                odd = np.array([np.nan, np.inf, -np.inf, 1e300, 2.0**62, -1.0])
                arrays[name] = odd[rng.integers(0, len(odd), array.shape)]
            case _:
                large = np.array([2**62, -(2**62), 2**31, -1, 0])
                arrays[name] = large[rng.integers(0, len(large), array.shape)]
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def any_member(name: str, inner: Damage) -> Damage:
    """One member of a zip archive damaged by `inner`; the archive itself is in order."""

    def damage(content: bytes, rng: np.random.Generator) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
            for part in old.namelist():
                held = old.read(part)
                new.writestr(part, inner(held, rng) if part == name else held)
        return buffer.getvalue()

    return damage


def _changed(document: Any, rng: np.random.Generator) -> Any:
    """The document with one place in it changed."""
    if isinstance(document, dict | list) and document and rng.random() < 0.85:
        made: Any = copy.copy(document)
        keys = list(made) if isinstance(made, dict) else list(range(len(made)))
        key = keys[int(rng.integers(len(keys)))]
        roll = rng.random()
        if roll < 0.1:
            del made[key]
        elif roll < 0.15 and isinstance(made, list):
            made.append(made[key])
        elif roll < 0.15:
            made["unknown"] = made[key]
        else:
            made[key] = _changed(made[key], rng)
        return made
    if isinstance(document, int | float) and not isinstance(document, bool) and rng.random() < 0.5:
        return document * (10 ** int(rng.integers(0, 25))) * (1 if rng.random() < 0.5 else -1)
    return _ODD[int(rng.integers(len(_ODD)))]
