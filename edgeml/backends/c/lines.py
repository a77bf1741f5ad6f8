"""Indented lines of C."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager


class Lines:
    """Lines of a function, with the indentation of the block that is open."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._depth = 1

    def add(self, *lines: str) -> None:
        """Append lines to the open block."""
        self._lines += [f"{'    ' * self._depth}{line}" for line in lines]

    @contextmanager
    def block(self, head: str) -> Generator[None]:
        """A block in braces behind `head`, open as long as the context."""
        self.add(f"{head} {{")
        self._depth += 1
        yield
        self._depth -= 1
        self.add("}")

    @contextmanager
    def loop(self, variable: str, end: int | str, start: int | str = 0) -> Generator[None]:
        """A loop that counts a variable up; none at all, with the variable fixed, if it has one turn."""
        with self.block(f"for (int32_t {variable} = {start}; {variable} < {end}; ++{variable})"):
            yield

    def __str__(self) -> str:
        return "\n".join(self._lines)
