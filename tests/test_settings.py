from __future__ import annotations

import pytest
from pydantic import Field, field_validator

from edgeml.errors import EdgemlError
from edgeml.settings import Settings, parse_settings, read_toml, set_values


class Bits(Settings):
    width: int = Field(default=6, ge=1, strict=True)
    integer: int = 0


class Options(Settings):
    reuse_factor: int = 1
    strategy: str = "latency"
    weight: Bits = Bits()
    layers: dict[str, Bits] = Field(default_factory=dict)
    steps: list[Bits] = Field(default_factory=list)
    maybe: Bits | None = None

    @field_validator("strategy")
    @classmethod
    def known(cls, value: str) -> str:
        if value not in {"latency", "resource"}:
            raise ValueError("Choose latency or resource")
        return value


def refused(settings, where="f.toml") -> EdgemlError:
    with pytest.raises(EdgemlError) as caught:
        parse_settings(Options, settings, where)
    assert caught.value.where == where
    return caught.value


def test_values_are_validated_and_frozen():
    options = parse_settings(Options, {"weight": {"width": 4}, "layers": {"fc1": {"width": 2}}}, "f.toml")
    assert options.weight.width == 4
    assert options.layers["fc1"].width == 2
    with pytest.raises(ValueError, match="frozen"):
        options.reuse_factor = 3


@pytest.mark.parametrize(
    ("settings", "key", "near"),
    [
        ({"reuse_facto": 2}, "reuse_facto", "reuse_factor"),
        ({"weight": {"widht": 2}}, "weight.widht", "width"),
        ({"layers": {"fc1": {"widht": 2}}}, "layers.fc1.widht", "width"),
        ({"steps": [{}, {"intger": 2}]}, "steps.1.intger", "integer"),
        ({"maybe": {"intger": 2}}, "maybe.intger", "integer"),
    ],
)
def test_an_unknown_key_gets_near_matches_at_any_depth(settings, key, near):
    error = refused(settings)
    assert error.what == f"unknown key {key!r}"
    assert error.hint == f"did you mean {near}?"


def test_an_unknown_key_without_near_match_lists_the_known_ones():
    assert refused({"weight": {"zzz": 2}}).hint == "known: integer, width"


def test_wrong_values_name_key_and_value():
    assert refused({"weight": {"width": 0}}).what.startswith("weight.width = 0: ")
    assert "true" in refused({"weight": {"width": True}}).what.lower()
    assert refused({"strategy": "fast"}).what == "strategy = 'fast': choose latency or resource"


def test_a_missing_key_is_named():
    class Needed(Settings):
        part: str

    with pytest.raises(EdgemlError, match="the key 'part' is missing"):
        parse_settings(Needed, {}, "b.toml")


def test_several_errors_are_one_error():
    error = refused({"a": 1, "b": 2, "c": 3, "d": 4})
    assert "unknown key 'a'" in error.what
    assert "and 1 more" in error.what


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("0.5", 0.5),
        ("1e-3", 1e-3),
        ("true", True),
        ("[1, 2]", [1, 2]),
        ('"5"', "5"),
        ("resource", "resource"),
        ("xc7z020-clg400-1", "xc7z020-clg400-1"),
        ("1.2.3", "1.2.3"),
        ("a/b.npz", "a/b.npz"),
        ("ufixed<8,0>", "ufixed<8,0>"),
        ("fixed<16,6,RND,SAT>", "fixed<16,6,RND,SAT>"),
    ],
)
def test_set_reads_toml_values_and_bare_words(text, value):
    before = {"a": {"b": 1, "c": 2}}
    assert set_values(before, [f"a.b={text}"]) == {"a": {"b": value, "c": 2}}
    assert before == {"a": {"b": 1, "c": 2}}


@pytest.mark.parametrize(
    "assignment", ["epochs", "=5", "a..b=1", "a.b=", "a.x.y=1", "a.b=[1", 'a.b="x', "a.b=1\nc=2", "a b=1"]
)
def test_a_bad_assignment_is_refused_and_shown(assignment):
    with pytest.raises(EdgemlError) as caught:
        set_values({"a": {"x": 1}}, [assignment])
    assert caught.value.where == f"--set {assignment}"


def test_the_last_assignment_wins():
    assert set_values({}, ["a=1", "a=2"]) == {"a": 2}


def test_a_table_behind_one_of_its_keys_is_refused():
    """The key before it would be lost without a word."""
    before = "training.optimizer.momentum=0.9"
    for after in ("training.optimizer=sgd", "training={epochs=3}"):
        with pytest.raises(EdgemlError, match=r"so that training\.optimizer\.momentum before it is lost"):
            set_values({}, [before, after], ["training.optimizer"])
    whole = set_values({}, ["training.optimizer=sgd", before], ["training.optimizer"])
    assert whole == {"training": {"optimizer": {"name": "sgd", "momentum": 0.9}}}
    assert set_values({"a": {"b": 1}}, ["a={c=2}"]) == {"a": {"c": 2}}


def test_toml_files(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text("a = 1\n[b]\nc = 'x'\n")
    assert read_toml(path) == {"a": 1, "b": {"c": "x"}}
    for content in (b"a = ", b"\xff\xfe", b"a = 1\na = 2\n"):
        path.write_bytes(content)
        with pytest.raises(EdgemlError) as caught:
            read_toml(path)
        assert caught.value.where == str(path)
    with pytest.raises(EdgemlError, match="no such board file"):
        read_toml(tmp_path / "none.toml", "board file")
