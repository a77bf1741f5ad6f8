"""JSON files with a schema: what is written is read; what is of no schema is refused with its key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest
from pydantic import Field

from edgeml.documents import Document, Record
from edgeml.errors import EdgemlError


class Row(Record):
    name: str
    bits: int


class Ledgerlike(Document):
    what: ClassVar[str] = "list of rows"
    remedy: ClassVar[str] = "write it again"

    schema_: Literal[3] = Field(default=3, alias="schema")
    rows: tuple[Row, ...] = ()
    ratio: float = 0.5
    title: str = ""


def test_a_written_document_is_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    document = Ledgerlike(rows=(Row(name="µs", bits=4),), ratio=1 / 3, title="half \udcff of a pair")
    document.write(path)
    text = path.read_text("utf-8")
    assert text.startswith('{\n "schema": 3,\n') and text.endswith("}\n")
    assert "µs" in text
    assert Ledgerlike.read(path) == document.model_copy(update={"title": "half ? of a pair"})
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": 4}, "was written with schema 4, this edgeml reads schema 3"),
        ({"schema": True}, "was written with schema True"),
        ({"schema": "3"}, "was written with schema '3'"),
        ({"rows": [{"name": "a", "bits": "4"}]}, "is not a list of rows: rows.0.bits = '4': "),
        ({"rows": [{"name": "a", "bits": 4.5}]}, "rows.0.bits = 4.5"),
        ({"rows": [{"name": "a", "bits": True}]}, "rows.0.bits = True"),
        ({"rows": [{"name": "a"}]}, "the key 'rows.0.bits' is missing"),
        ({"rows": [{"name": "a", "bits": 4, "more": 1}]}, "unknown key 'rows.0.more'"),
        ({"rows": None}, "rows: "),
        ({"titel": ""}, "unknown key 'titel'"),
    ],
)
def test_an_error_of_the_schema_names_file_key_and_remedy(
    change: dict[str, Any], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps({"schema": 3, "rows": [], **change}))
    with pytest.raises(EdgemlError) as caught:
        Ledgerlike.read(path)
    assert said in caught.value.what
    assert caught.value.where == str(path)
    assert caught.value.hint == "write it again"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", "{}", '{"rows": []}', "[" * 5000, "\x00", '{"schema": NaN}']
)
def test_a_file_that_is_no_document_is_one_error(text: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text(text)
    with pytest.raises(EdgemlError, match="list of rows|schema"):
        Ledgerlike.read(path)
    with pytest.raises(EdgemlError, match="there is no such list of rows"):
        Ledgerlike.read(tmp_path / "absent.json")


def test_a_class_without_its_declarations_cannot_be_made() -> None:
    with pytest.raises(TypeError, match=r"Bare .* does not declare \['what', 'remedy', 'schema_"):

        class Bare(Document):
            rows: int = 0

    with pytest.raises(TypeError, match="schema_: Literal"):

        class Loose(Document):
            what: ClassVar[str] = "loose list"
            remedy: ClassVar[str] = ""
            schema_: int = Field(default=1, alias="schema")
