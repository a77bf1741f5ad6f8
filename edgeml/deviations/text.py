"""C++ and Verilog compared token by token, without comments and layout."""

from __future__ import annotations

import re

from edgeml.deviations import Deviation

_COMMENT = re.compile(rb"//[^\n]*|/\*.*?\*/", re.DOTALL)
_SPOKEN = re.compile(
    rb"/[/*]\s*(synthesis|synopsys|pragma|cadence|ambit|altera|exemplar|xilinx)\b", re.IGNORECASE
)
"""Comments with directives to synthesis tools; they are compared like code."""

_TOKEN = re.compile(rb'"(?:\\.|[^"\\\n])*"|\w+|&&|\|\||\+\+|--|<<|>>|->|::|[<>=!+\-*/%&|^~]=|\S')
_WIDEST = 120


def compare_text(file: str, content: bytes, fresh: bytes) -> list[Deviation]:
    """The first token that differs, with its line; empty if none does.

    Args:
        file: its name, for the result.
        content: bytes of the file.
        fresh: bytes of a fresh emission.
    """
    if content == fresh:
        return []
    mine, theirs = _tokens(content), _tokens(fresh)
    if [word for word, _ in mine] == [word for word, _ in theirs]:
        return []
    pairs = zip(mine, theirs, strict=False)
    at = next((i for i, (a, b) in enumerate(pairs) if a[0] != b[0]), min(len(mine), len(theirs)))
    if at >= len(mine):
        return [Deviation(file, f"ends before {_line(fresh, theirs[at][1])!r}")]
    if at >= len(theirs):
        return [
            Deviation(file, f"line {mine[at][1] + 1} is {_line(content, mine[at][1])!r}, the end expected")
        ]
    here, there = mine[at][1], theirs[at][1]
    is_, expected = _line(content, here), _line(fresh, there)
    if is_ == expected or max(len(is_), len(expected)) > _WIDEST:
        is_, expected = (_around(words, at) for words in (mine, theirs))
    return [Deviation(file, f"line {here + 1} is {is_!r}, {expected!r} expected")]


def _tokens(content: bytes) -> list[tuple[bytes, int]]:
    """Tokens with the number of their line; a line of the preprocessor ends in a token of its own."""
    plain = _COMMENT.sub(_blank, content).replace(b"\\\n", b"  ")
    tokens: list[tuple[bytes, int]] = []
    for number, line in enumerate(plain.split(b"\n")):
        words = [(word, number) for word in _TOKEN.findall(line)]
        tokens += words
        if words and words[0][0] in (b"#", b"`"):
            tokens.append((b"\n", number))
    return tokens


def _blank(match: re.Match[bytes]) -> bytes:
    """Replace a comment by its line ends, so that the numbers of lines stay."""
    if _SPOKEN.match(match[0]):
        return match[0]
    return b"\n" * match[0].count(b"\n") or b" "


def _line(content: bytes, number: int) -> str:
    return content.split(b"\n")[number].strip().decode(errors="replace")


def _around(words: list[tuple[bytes, int]], at: int) -> str:
    part = words[max(at - 4, 0) : at + 5]
    return " ".join(word.decode(errors="replace") for word, _ in part)
