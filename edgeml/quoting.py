r"""Quoting of texts for files of other languages: one function per language.

| language | value | comment |
|---|---|---|
| Tcl, XDC, SDC, QSF, PDC | `tcl`, `tcl_list` | `comment` |
| LPF, PCF, CST, part numbers, pins | `word`, `quoted` | `comment` |
| Verilog, C, C++ | `identifier`, `c_string` | `comment` |
| a shell | `shell` | |

Reports have theirs in `edgeml.report`: HTML escapes by itself (jinja2), Markdown through `mdtext.safe`.

Invariant: the result is one word, one string or the rest of one line, for every text; a text that the
language cannot hold is refused, never changed. Only comments are changed: characters that would end them
are replaced.
To add a language, add a function here, and a line with it to `tests/test_quoting.py`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

from edgeml.errors import EdgemlError

_TCL_BARE = re.compile(r"[A-Za-z0-9_./:+=-]+")
_TCL_SPECIAL = re.compile(r'["$\[\]\\{}]')
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+-]*")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def printable(text: str) -> bool:
    """True for a text of printable characters, blanks included, on one line.

    >>> printable("Zybo Z7-20"), printable("two" + chr(10) + "lines"), printable(chr(27) + "[2J")
    (True, False, False)
    """
    return text.isprintable()


def tcl(text: str, what: str = "text") -> str:
    r"""A text as one word of Tcl: bare where that is safe, else in double quotes.

    Raises:
        EdgemlError: it has characters that are not printable.

    >>> print(tcl("xc7z020clg400-1"), tcl("Cyclone V"), tcl("a} [exec x] $b"))
    xc7z020clg400-1 "Cyclone V" "a\} \[exec x\] \$b"
    """
    _refuse(not printable(text), text, what, "Tcl")
    if _TCL_BARE.fullmatch(text):
        return text
    return f'"{_TCL_SPECIAL.sub(lambda match: chr(92) + match[0], text)}"'


def tcl_list(texts: Iterable[str], what: str = "text") -> str:
    """A Tcl command whose value is the list of these texts.

    >>> tcl_list(["rtl/a.v", "rtl/b c.v"])
    '[list rtl/a.v "rtl/b c.v"]'
    """
    return f"[{' '.join(['list', *(tcl(text, what) for text in texts)])}]"


def word(text: str, what: str = "word") -> str:
    """A bare word of a language that has no quotes: pins, IO standards, part numbers.

    Raises:
        EdgemlError: it is none.
    """
    _refuse(not _WORD.fullmatch(text), text, what, "a constraint file")
    return text


def quoted(text: str, what: str = "text") -> str:
    """A text in double quotes, for a language in which nothing escapes one.

    Raises:
        EdgemlError: it has a double quote, a backslash or a character that is not printable.
    """
    _refuse(not printable(text) or '"' in text or "\\" in text, text, what, "double quotes")
    return f'"{text}"'


def identifier(text: str, what: str = "name") -> str:
    """A name in Verilog, C and C++.

    Raises:
        EdgemlError: it is none.
    """
    _refuse(not _IDENTIFIER.fullmatch(text), text, what, "Verilog or C")
    return text


def c_string(text: str) -> str:
    r"""A string literal of C, C++ and Verilog, with every unprintable byte as three octal digits.

    >>> print(c_string('a"b' + chr(10) + '\\'))
    "a\042b\012\134"
    """
    shown = "".join(chr(byte) if _plain(byte) else f"\\{byte:03o}" for byte in text.encode())
    return f'"{shown}"'


def comment(text: str) -> str:
    r"""A text as the rest of a comment line, in every language that files are written in.

    Unprintable characters become blanks, so that no line ends early; a backslash (which joins lines in Tcl
    and C) becomes a slash, and the end of a C comment is split.

    >>> comment("two" + chr(10) + "lines */ of" + chr(92))
    'two lines * / of/'
    """
    shown = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(shown.replace("\\", "/").replace("*/", "* /").split())


def shell(*words: str) -> str:
    """Words of a command line as a POSIX shell takes them.

    >>> shell("edgeml", "check", "my run")
    "edgeml check 'my run'"
    """
    return shlex.join(words)


def _plain(byte: int) -> bool:
    return 0x20 <= byte < 0x7F and chr(byte) not in '"\\?'  # "??/" is a backslash in older C


def _refuse(wrong: bool, text: str, what: str, where: str) -> None:
    if wrong:
        shown = text if len(text) <= 60 else f"{text[:60]}..."
        raise EdgemlError(
            f"the {what} {shown!r} cannot stand in {where}", "", "use letters, digits, - and _ alone"
        )
