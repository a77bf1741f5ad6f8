"""Texts of Markdown. Invariant: a name cannot end a cell or a row, or start HTML."""

from __future__ import annotations

import re

_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def code(text: str) -> str:
    """The text between backticks, where entities would be shown as they are, and a bar still ends a cell."""
    return f"`{one_line(text).replace('`', '').replace('|', '/')}`"


def one_line(text: str) -> str:
    """The text with every run of white space as one space."""
    return " ".join(text.split())


def safe(text: str) -> str:
    """One line in which nothing is HTML, a link, emphasis or the end of a cell."""
    line = re.sub(r"\s+", " ", text)
    return re.sub(r"[<>&]|[\\\[\]*|`]", lambda match: _ENTITIES.get(match[0], f"\\{match[0]}"), line)
