"""The one error a user sees: what is wrong, where, and what to do.

Invariant: every refusal in edgeml is an `EdgemlError`; anything else that escapes is a bug in edgeml.
The command line prints it without a traceback and exits with 2.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class EdgemlError(Exception):
    """Bad input or an impossible request.

    Args:
        what: what is wrong, one sentence.
        where: the file, layer, op or key it concerns; empty if there is none.
        hint: what the user can do about it; empty if nothing is known.
    """

    def __init__(self, what: str, where: str = "", hint: str = "") -> None:
        super().__init__(what, where, hint)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text} ({self.hint})" if self.hint else text


class MissingToolError(EdgemlError):
    """A tool or an optional package is not installed; a check that needs it is NOT RUN, never passed."""


def unknown_name(kind: str, name: str, known: Iterable[str], where: str = "") -> EdgemlError:
    """The error for a name that is not in `known`, with near matches or else the whole list.

    >>> str(unknown_name("board", "pynq-z3", ["pynq-z2", "basys3"]))
    "unknown board 'pynq-z3' (did you mean pynq-z2?)"
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(names) or 'none'}"
    return EdgemlError(f"unknown {kind} {name!r}", where, hint)
