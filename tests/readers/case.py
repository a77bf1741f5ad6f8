"""A reader over a file: a good file, the ways it is damaged, and what reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.readers.damage import Damage, any_bytes

Read = Callable[[Path], Any]


@dataclass(frozen=True)
class Case:
    """A reader over a file.

    Args:
        modules: of edgeml that do the reading.
        file: what is damaged; it may lie in folders.
        content: a good file.
        read: reads it.
        damages: ways to damage it.
        beside: other files that are needed, by name.
        wanted: whether a file that is not there is an error.
        times: how often it is damaged.
    """

    modules: tuple[str, ...]
    file: str
    content: bytes
    read: Read
    damages: tuple[Damage, ...] = (any_bytes,)
    beside: Mapping[str, bytes] | None = None
    wanted: bool = True
    times: int = 500

    def write(self, folder: Path) -> Path:
        """The good file, in a folder."""
        for name, content in {**(self.beside or {}), self.file: self.content}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        return folder / self.file
