"""Identifiers: valid in C and C++, no word of either language, and unique."""

from __future__ import annotations

import re

_WORDS = """
alignas alignof and and_eq asm atomic_cancel atomic_commit atomic_noexcept auto bitand bitor bool break case
catch char char8_t char16_t char32_t class compl concept const consteval constexpr constinit const_cast
continue co_await co_return co_yield decltype default delete do double dynamic_cast else enum explicit export
extern false float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr
operator or or_eq private protected public reflexpr register reinterpret_cast requires restrict return short
signed sizeof static static_assert static_cast struct switch synchronized template this thread_local throw
true try typedef typeid typename union unsigned using virtual void volatile wchar_t while xor xor_eq fortran
typeof typeof_unqual main edgeml errno setup loop model linux unix arm
all clean edit_cache help install package package_source preinstall rebuild_cache test
"""

RESERVED = frozenset(_WORDS.split())
"""Words of C23 and C++23, names that programs, compilers and CMake define themselves, and the project's."""

LONGEST = 40
"""Most characters of a name made of a layer's: C99 tells apart the first 63 of a name inside of a file."""


def identifier(text: str) -> str:
    """`text` as a lower-case identifier that is no word of C or C++.

    >>> identifier("fc1.weight"), identifier("int"), identifier("_3x3"), identifier("...")
    ('fc1_weight', 'x_int', 'x_3x3', 'x')
    """
    stem = re.sub(r"_{2,}", "_", re.sub(r"\W", "_", text, flags=re.ASCII)).strip("_").lower()[:LONGEST]
    stem = stem.rstrip("_")
    return stem if stem and not stem[0].isdigit() and stem not in RESERVED else f"x_{stem}".rstrip("_")


class Identifiers:
    """Hands out identifiers that are unique in a file."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def unique(self, text: str) -> str:
        """An identifier made of `text` that was not handed out before."""
        stem = identifier(text)
        name, count = stem, 1
        while name in self._used:
            count += 1
            name = f"{stem}_v{count}"
        self._used.add(name)
        return name
