"""The one error a user sees: what is wrong, where, and what to do.

Invariant: every refusal in edgeml is an `EdgemlError`; anything else that escapes is a bug in edgeml.
The command line prints it without a traceback and exits with 2.
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


class EdgemlError(Exception):
    """Bad input or an impossible request.

    Args:
        what: what is wrong, one sentence.
        where: the file, layer, op or key it concerns; empty if there is none.
        hint: the remedy; empty if there is none.
    """

    def __init__(self, what: str, where: str = "", hint: str = "") -> None:
        what, where, hint = printable(what), printable(where), printable(hint)
        super().__init__(what, where, hint)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text} ({self.hint})" if self.hint else text

    def beside(self, name: str) -> str:
        """The text behind a name, which is not said twice.

        >>> EdgemlError("no layout fits", "verilog", "take a larger board").beside("verilog")
        'no layout fits (take a larger board)'
        """
        return str(self if self.where != name else EdgemlError(self.what, "", self.hint))


def printable(text: str) -> str:
    r"""Untrusted text for a terminal: without control characters and half surrogates, and of limited length.

    >>> print(printable("a" + chr(27) + "[2J"), printable("x" * 5000 + " is no type")[995:1025])
    a\x1b[2J xxxxx... (3711 more) ...xxxxxx
    """
    if not text.isprintable():
        text = "".join(
            c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text
        )
    return text if len(text) <= _LONGEST else f"{text[:1000]}... ({len(text) - 1300} more) ...{text[-300:]}"


_LONGEST = 2000


def excerpt(text: str, most: int) -> str:
    """The beginning of somebody else's text on one line, up to the end of a word, with dots if more follows.

    >>> excerpt("Socket  closed and its device is gone", 20), excerpt("Socket closed", 20)
    ('Socket closed and...', 'Socket closed')
    """
    text = " ".join(text.split())
    if len(text) <= most:
        return text
    start = text[: most - 2]
    return f"{(start.rpartition(' ')[0] or start[:-1]).rstrip('.,;:')}..."


class MissingToolError(EdgemlError):
    """A tool or an optional package is not installed; a check that needs it is NOT RUN, never passed."""


class BrokenArtefactError(EdgemlError):
    """An artefact that its own tool refuses, or that ends with an error when it runs: it answers nothing."""


def unknown_name(kind: str, name: str, existing: Iterable[str], where: str = "") -> EdgemlError:
    """The error for a name that is not in `existing`, with near matches, or else with all names.

    >>> str(unknown_name("board", "pynq-z3", ["pynq-z2", "basys3"]))
    "unknown board 'pynq-z3' (did you mean pynq-z2?)"
    """
    names = sorted(set(existing))
    near = near_names(name, names)
    hint = f"did you mean {' or '.join(near)}?" if near else _listed(kind, names)
    return EdgemlError(f"unknown {kind} {name!r}", where, hint)


def near_names(name: str, names: Iterable[str]) -> list[str]:
    """The names nearest to `name`, at most three, the nearest first.

    Near is a name with few typing errors (one letter in up to four, two in up to eight, three beyond;
    left out, too many, another, or two exchanged), what begins like it, and what holds it, with one error if
    it has eight letters or more. Capitals, hyphens and underscores do not count.

    >>> near_names("digit-mlp", ["digits_mlp", "mnist_mlp"]), near_names("LSTM", ["Softmax", "ReLU"])
    (['digits_mlp'], [])
    """
    target = _plain(name)
    allowed = 1 if len(target) <= 4 else 2 if len(target) <= 8 else 3
    scored: list[tuple[float, str]] = []
    for other in names:
        plain = _plain(other)
        distance: float = _edits(target, plain)
        if distance > allowed and len(target) >= 3 and len(plain) >= 3:
            if plain.startswith(target) or target.startswith(plain):
                distance = allowed + 0.5
            elif target in plain or (len(target) >= 8 and _edits(target, plain, inside=True) <= 1):
                distance = allowed + 0.75
        if distance <= allowed + 0.75 and distance < max(len(target), len(plain)):
            scored.append((distance, other))
    return [other for _, other in sorted(scored)[:3]]


_LISTS: Mapping[str, str] = {
    "preset": "presets",
    "data set": "datasets",
    "board": "boards",
    "back end": "backends",
}
_MOST_SHOWN = 12


def _listed(kind: str, names: Sequence[str]) -> str:
    """All names, or the first of many and the command that lists the others."""
    if len(names) <= _MOST_SHOWN:
        return f"known: {', '.join(names) or 'none'}"
    rest = f"and {len(names) - _MOST_SHOWN} more"
    command = f"; edgeml list {_LISTS[kind]} shows all" if kind in _LISTS else ""
    return f"known: {', '.join(names[:_MOST_SHOWN])} {rest}{command}"


def _plain(name: str) -> str:
    return re.sub(r"[-_ ]", "", name.lower())[:80]


def _edits(a: str, b: str, inside: bool = False) -> int:
    """Letters left out, put in, exchanged for another or with their neighbour (optimal string alignment).

    Args:
        a: a word.
        b: another one.
        inside: to the part of `b` that is nearest (Sellers, 1980), instead of to the whole of it.
    """
    before: list[int] = []
    row = [0] * (len(b) + 1) if inside else list(range(len(b) + 1))
    for i, letter in enumerate(a, start=1):
        last, row, older = row, [i], before
        for j, other in enumerate(b, start=1):
            least = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                least = min(least, older[j - 2] + 1)
            row.append(least)
        before = last
    return min(row) if inside else row[-1]


def shown(value: Any) -> str:
    """A value as an error shows it: of an array its shape and type, of anything else a short repr.

    >>> shown(3), shown("a"), shown(list(range(1000)))
    ('3', "'a'", '[0, 1, 2, 3, 4, 5, ...]')
    """
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape and dtype is not None:  # any object with both, so that this file does not import NumPy
        return f"an array of {dtype} of shape {tuple(shape)}"
    return reprlib.repr(value)
