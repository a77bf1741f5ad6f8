"""Texts in other languages: whatever goes in stays one value; the languages that are here are asked."""

from __future__ import annotations

import ast
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import edgeml
from edgeml import quoting
from edgeml.errors import EdgemlError

SOURCE = Path(edgeml.__file__).parent
HOSTILE = (
    "} ; exec touch canary ; {",
    "[exec touch canary]",
    '"; exec touch canary; "',
    "$(touch canary)",
    "`touch canary`",
    "a\nexec touch canary\n",
    "a\r\nexec touch canary",
    "ends in a backslash\\",
    "*/ int canary; /*",
    "$canary ${canary} #{canary}",
    "\u2028line separator",
    "\x1b[2Jcleared",
    "-rf",
    "",
    "..",
    "../../check.json",
    "a;b",
    "{",
    "\x00",
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("language", ["word", "identifier"])
def test_bare_words_are_refused_not_changed(language: str, text: str) -> None:
    with pytest.raises(EdgemlError, match="cannot stand in") as caught:
        getattr(quoting, language)(text, "pin")
    assert "letters, digits" in caught.value.hint and "pin" in caught.value.what


@given(TEXTS)
def test_a_comment_is_one_line_that_joins_no_other(text: str) -> None:
    made = quoting.comment(text)
    assert made.isprintable() and "\\" not in made and "*/" not in made


@given(TEXTS)
def test_double_quotes_hold_what_they_hold(text: str) -> None:
    try:
        made = quoting.quoted(text)
    except EdgemlError:
        assert '"' in text or "\\" in text or not text.isprintable()
    else:
        assert made == f'"{text}"'


@pytest.mark.tool
@pytest.mark.skipif(shutil.which("tclsh") is None, reason="tclsh is not installed: apt-get install tcl")
def test_tclsh_gets_every_text_back(tmp_path: Path) -> None:
    taken = [text for text in HOSTILE if text.isprintable()]
    taken += [chr(code) + "x" for code in range(32, 127)] + [f"x{chr(code)}" for code in range(32, 127)]
    taken += ["ä€", "#comment", "{*}{a b}", "a b  c", "\\n", "\\u0041", "-force"]
    lines = ["fconfigure stdout -encoding utf-8", "proc show {x} {puts [string length $x]:$x}"]
    lines += [f"show {quoting.tcl(text)}" for text in taken]
    lines += [f"foreach x {quoting.tcl_list(taken)} {{show $x}}"]
    (tmp_path / "script.tcl").write_text("\n".join(lines), encoding="utf-8")
    words = ["tclsh", "-encoding", "utf-8", "script.tcl"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, timeout=30)
    assert done.stdout.decode().splitlines() == [f"{len(text)}:{text}" for text in taken] * 2, done.stderr
    assert not (tmp_path / "canary").exists()


@pytest.mark.tool
@pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")
def test_a_compiler_gets_every_string_back(tmp_path: Path) -> None:
    taken = [text for text in HOSTILE if "\0" not in text] + ["??/", "%d %s", "ä€", 'q"q', "\x01\x32"]
    rows = "\n".join(f"/* {quoting.comment(text)} */ puts_all({quoting.c_string(text)});" for text in taken)
    main = (
        "#include <cstdio>\n#include <cstring>\n"
        "static void puts_all(const char *t) { std::fwrite(t, 1, std::strlen(t) + 1, stdout); }\n"
        f"int main() {{\n{rows}\n}}\n"
    )
    (tmp_path / "main.cpp").write_text(main, encoding="utf-8")
    subprocess.run(
        ["g++", "-w", "-std=c++98", "main.cpp", "-o", "main"], cwd=tmp_path, check=True, timeout=60
    )
    found = subprocess.run([tmp_path / "main"], capture_output=True, check=True, timeout=10).stdout
    assert found.decode().split("\0")[:-1] == taken


def test_a_shell_gets_every_word_back(tmp_path: Path) -> None:
    taken = [text for text in HOSTILE if "\0" not in text]
    command = quoting.shell("printf", "%s\\0", *taken)
    found = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, check=True, timeout=10)
    assert found.stdout.decode().split("\0")[:-1] == taken
    assert not (tmp_path / "canary").exists()


# ------------------------------------------------ every template goes through it

_FOREIGN = {"title", "vendor", "family", "part", "io", "pin", "primitive", "model", "top", "port", "document"}
"""Attributes that hold texts of a board's file or of a manifest."""

_WRITERS = sorted([*(SOURCE / "synth" / "vendors").glob("*.py"), *(SOURCE / "synth" / "top").glob("*.py"),
                   *(SOURCE / "synth" / "dma").glob("*.py")])  # fmt: skip
_QUOTING = {name for name in vars(quoting) if not name.startswith("_")} | {"as_comment"}
_PROSE = {"EdgemlError", "MissingToolError", "ValueError", "Project"}
"""Calls whose texts are for people."""

_KNOWN = {
    ("constraints.py", "place.pin"): "inside of error messages",
    ("system.py", "source.port"): "s_axis, from the manifest, which takes identifiers alone",
    ("system.py", "sink.port"): "as above",
    ("quartus.py", "source.port"): "in a list whose every entry goes through tcl",
    ("network.py", "usage.port"): "prose",
    ("board_top.py", "clock.pin"): "a note; notes go through comment",
    ("board_top.py", "board.title"): "a title, which goes through comment",
    ("board_top.py", "manifest.model"): "goes through comment",
    ("projects.py", "manifest.model"): "goes through comment",
    ("projects.py", "board.title"): "goes through comment",
}


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _bare(tree: ast.AST, inside: bool = False):
    """Expressions in f-strings that put a foreign text into a file without a function of `quoting`."""
    for node in ast.iter_child_nodes(tree):
        call = isinstance(node, ast.Call) and _called(node) in _QUOTING | _PROSE
        if isinstance(node, ast.FormattedValue) and not (inside or call):
            held = node.value
            quoted = isinstance(held, ast.Call) and _called(held) in _QUOTING
            if not quoted:
                for part in ast.walk(held):
                    if isinstance(part, ast.Attribute) and part.attr in _FOREIGN:
                        yield ast.unparse(part)
        else:
            yield from _bare(node, inside or call)


def test_no_template_has_a_foreign_text_unquoted() -> None:
    found = {(path.name, text) for path in _WRITERS for text in _bare(ast.parse(path.read_text()))}
    assert found <= set(_KNOWN), sorted(found - set(_KNOWN))


def test_the_search_sees_an_unquoted_text() -> None:
    assert list(_bare(ast.parse('x = f"set part {{{board.part}}}"'))) == ["board.part"]
    assert not list(_bare(ast.parse('x = f"set part {tcl(board.part)}"')))
    assert not list(_bare(ast.parse('raise EdgemlError(f"no {board.part}")')))
