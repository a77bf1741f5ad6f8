"""The pages that are written from the code hold all of it, and a thing without its words ends the build."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import edgeml_docs
import pytest
from edgeml_docs import api_page, commands_page, markdown, member_pages, settings_pages
from pydantic import BaseModel, Field

from edgeml.cli import names
from edgeml.presets.spec import Quantizers, Training

ROOT = Path(__file__).parents[2]
INDEX = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")


def first_column(page: str) -> set[str]:
    return set(re.findall(r"^\| \[?`([^`]+)`", page, re.MULTILINE))


# ---------------------------------------------------------------- settings


def test_every_key_that_tab_completion_offers_is_on_the_page() -> None:
    offered = {
        key.removesuffix("=") for key in (*names.settings(), *names.import_settings(), *names.options())
    }
    offered -= {"seed"}  # an option of its own
    offered = {re.sub(r"\.name$", "", key) for key in offered}  # training.optimizer.name
    assert offered - first_column(settings_pages.page()) == set()


def test_values_defaults_and_bounds() -> None:
    class Inner(BaseModel):
        """Inner values.

        Args:
            share: of the whole,
                in two lines.
        """

        share: Annotated[float, Field(gt=0, le=1)] = 0.5

    class Outer(BaseModel):
        """Outer values.

        Attributes:
            count: how many.
            inner: more.
            tables: by layer.
        """

        count: Annotated[int, Field(ge=2)]
        inner: Inner = Inner()
        tables: dict[str, Inner] = Field(default_factory=dict)

    assert list(settings_pages.keys(Outer, "x.")) == [
        settings_pages.Key("x.count", "integer from 2", "", "how many."),
        settings_pages.Key("x.inner.share", "number above 0 to 1", "0.5", "of the whole, in two lines."),
        settings_pages.Key(
            "x.tables.NAME.share", "number above 0 to 1", "0.5", "of the whole, in two lines."
        ),
    ]


def test_a_key_without_words_is_an_error() -> None:
    class Silent(BaseModel):
        """No word of it."""

        count: int = 1

    with pytest.raises(settings_pages.UndescribedKeyError, match=r"Silent\.count"):
        list(settings_pages.keys(Silent))


def test_known_rows() -> None:
    training = {key.name: key for key in settings_pages.keys(Training, "training.")}
    quantizers = {key.name: key for key in settings_pages.keys(Quantizers, "quantizers.")}
    assert training["training.pruning.end"].default == "0.6"
    assert training["training.optimizer"].default == "adam"
    assert quantizers["quantizers.weights.bits"].type == "integer 1 to 63"
    assert quantizers["quantizers.weights.bits"].default == ""


# ---------------------------------------------------------------- commands


def test_every_command_and_option() -> None:
    page = commands_page.page()
    for name, command in commands_page.commands().items():
        section = page.split(f"\n## edgeml {name}\n")[1].split("\n## ")[0]
        for parameter in command.params:
            for flag in parameter.opts if parameter.param_type_name == "option" else ():
                assert f"`{flag}`" in section, (name, flag)


# ---------------------------------------------------------------- folders


@pytest.mark.parametrize(
    "name", [name for name in member_pages.PAGES if name != "layers"]
)  # that one needs Keras
def test_the_page_names_its_folder(name: str) -> None:
    page = member_pages.PAGES[name]()
    assert page.startswith("# ")
    assert len(first_column(page)) >= 5


def test_members_are_all_there() -> None:
    pages = member_pages.PAGES
    assert first_column(pages["boards"]()) == set(names.boards())
    assert first_column(pages["mcus"]()) == set(names.mcus()) - {"all"}
    assert first_column(pages["datasets"]()) == set(names.datasets())
    assert first_column(pages["presets"]()) == set(names.presets())
    assert first_column(pages["backends"]()) == set(names.backends()) - {"all"}


def test_a_thing_without_a_docstring_is_an_error() -> None:
    class Silent:
        pass

    with pytest.raises(member_pages.UndescribedMemberError, match="silent has no docstring"):
        member_pages.first_sentence(Silent, "silent")


# ---------------------------------------------------------------- Python, index, tables


def test_every_public_name_has_its_directive(monkeypatch: pytest.MonkeyPatch) -> None:
    import edgeml

    page = api_page.page()
    for name in edgeml.__all__:
        assert name.startswith("__") or re.search(
            rf"^\.\. auto(function|class):: {name}$", page, re.MULTILINE
        ), name
    monkeypatch.setattr(edgeml, "__all__", [*edgeml.__all__, "new"])
    with pytest.raises(api_page.UnlistedNameError, match="new"):
        api_page.page()


def test_the_index_lists_every_written_page() -> None:
    assert set(re.findall(r"^reference/(\S+)$", INDEX, re.MULTILINE)) == set(edgeml_docs.PAGES)


def test_every_page_of_docs_is_in_the_index() -> None:
    listed = set(re.findall(r"^([\w/-]+)$", INDEX, re.MULTILINE))
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")} - {"index"}
    assert pages - listed == set()


def test_tables_refuse_what_breaks_them() -> None:
    assert markdown.table(("a", "b"), [("1 | 2", "x\ny")]) == "| a | b |\n|---|---|\n| 1 \\| 2 | x y |\n"
    with pytest.raises(ValueError, match="no row"):
        markdown.table(("a",), [])
    with pytest.raises(ValueError, match="cells"):
        markdown.table(("a",), [("1", "2")])
