"""Tables below each other: nothing but a long name or word is ever shortened, at any width."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from edgeml.cli.bands import print_bands

INTERVAL = "1,234,567 (1,000,000 to 2,345,678)"
COLUMNS = ("board", "design", "LUT", "FF", "interval")


def printed(width: int, *args: object, **how: object) -> list[str]:
    """The lines of a table on a terminal that is `width` wide."""
    out = io.StringIO()
    print_bands(Console(file=out, width=width, highlight=False, soft_wrap=True), *args, **how)  # type: ignore[arg-type]
    return [line.rstrip() for line in out.getvalue().splitlines()]


def whole(text: str, lines: list[str]) -> bool:
    return any(f"  {text}  " in f"  {line}  " for line in lines)


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_intervals_and_heads_stay_whole(width: int) -> None:
    rows = [["pynq-z2", "verilog", INTERVAL, INTERVAL, "1"], ["zcu102", "hls4ml", "5", INTERVAL, "22"]]
    lines = printed(width, COLUMNS, rows, "how it fits", keys=1)
    assert all(whole(text, lines) for text in (*COLUMNS, INTERVAL, "pynq-z2", "hls4ml", "22"))
    # A key and an interval side by side need 43 columns: where there are fewer, the interval is whole.
    assert max(map(len, lines)) <= max(width, len("pynq-z2") + 2 + len(INTERVAL))
    tables = sum(line.startswith("board") for line in lines)
    assert tables == {40: 4, 60: 2, 80: 2, 100: 1, 200: 1}[width]


def test_a_cell_wider_than_the_terminal_is_printed_whole() -> None:
    wide = "9" * 100
    lines = printed(80, ("name", "number", "other"), [["a", wide, "7"], ["b", "1", "8"]])
    assert whole(wide, lines) and whole("7", lines) and whole("8", lines)
    assert sum(line.startswith("name") for line in lines) == 2  # the others stand in a table of their own


@pytest.mark.parametrize("width", [40, 80, 120])
def test_long_names_give_way_to_numbers_only_where_they_have_to(width: int) -> None:
    name = "a_layer_of_forty_characters_in_the_model"
    assert len(name) == 40
    lines = printed(width, ("layer", "LUT", "FF"), [[name, INTERVAL, INTERVAL], ["fc1", "2", "3"]])
    assert whole(INTERVAL, lines) and whole("fc1", lines)
    assert whole(name, lines) == (width >= 40 + 2 + len(INTERVAL))
    if not whole(name, lines):
        (short, *_) = (line.split("  ")[0] for line in lines if "…" in line)
        begin, end = short.split("…")
        assert name.startswith(begin) and name.endswith(end) and len(short) >= 24
        assert max(map(len, lines)) <= max(width, 24 + 2 + len(INTERVAL))


def test_free_text_goes_on_at_spaces_and_markup_counts_for_nothing() -> None:
    text = " ".join(f"word{number}" for number in range(30))
    lines = printed(60, ("what", "state", "why"), [["x", "[red]mismatch[/]", text]], texts=(2,))
    assert whole("mismatch", lines) and max(map(len, lines)) <= 60
    assert re.findall(r"word\d+", " ".join(lines)) == text.split()


def test_no_rows_are_a_head() -> None:
    assert printed(80, ("a", "b"), []) == ["a  b"]
