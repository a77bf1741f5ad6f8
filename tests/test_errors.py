"""EdgemlError: its text, and near matches for a name."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest

from edgeml.errors import EdgemlError, MissingToolError, excerpt, near_names, unknown_name


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("broken",), "broken"),
        (("broken", "fc1"), "fc1: broken"),
        (("broken", "fc1", "mend it"), "fc1: broken (mend it)"),
        (("broken", "", "mend it"), "broken (mend it)"),
    ],
)
def test_text(parts, text):
    error = EdgemlError(*parts)
    assert str(error) == text
    assert (error.what, error.where, error.hint) == (*parts, "", "")[:3]


def test_an_excerpt_ends_with_a_word():
    text = "Socket closed: " + "the device of worker 1 is gone " * 9
    for most in range(20, 90):
        short = excerpt(text, most)
        assert len(short) <= most and short.endswith("...")
        assert re.match(re.escape(short[:-3]) + "[.,;:]? ", " ".join(text.split()))
    assert excerpt("x" * 50, 20) == "x" * 17 + "..."
    assert excerpt("one\n two", 8) == "one two"
    assert excerpt("It has crashed. Start it again.", 19) == "It has crashed..."


def test_texts_of_others_are_cut_by_that_function():
    """A format or slice of a hundred characters and more cuts words."""
    package = Path(__file__).parent.parent / "edgeml"
    cuts = re.compile(r":\.\d{3,}\}|(error|reason|text|message)\w*\)*\[:\d{3,}\]")
    found = [str(path) for path in package.rglob("*.py") if cuts.search(path.read_text())]
    assert found == [str(package / "errors.py")], "use edgeml.errors.excerpt; errors.py shows both ends"


def test_crosses_processes():
    """Test runners and worker pools send exceptions from one process to another."""
    error = pickle.loads(pickle.dumps(MissingToolError("no g++", "gxx", "apt-get install g++")))
    assert isinstance(error, MissingToolError)
    assert str(error) == "gxx: no g++ (apt-get install g++)"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("digits_mpl", "did you mean digits_mlp?"),
        ("mnist_", "did you mean mnist_cnn or mnist_mlp?"),
        ("zzz", "known: digits_mlp, mnist_cnn, mnist_mlp"),
    ],
)
def test_near_matches(name, hint):
    error = unknown_name("preset", name, ["mnist_mlp", "mnist_cnn", "digits_mlp"], "run")
    assert error.what == f"unknown preset {name!r}"
    assert error.where == "run"
    assert error.hint == hint


@pytest.mark.parametrize(
    ("name", "known", "near"),
    [
        ("LSTM", ["Softmax", "ReLU", "Dense"], []),
        ("Dot", ["Dropout", "Dense", "Add"], []),
        ("hls", ["hls4ml", "onnx"], ["hls4ml"]),
        ("Conv2D", ["QConv2D", "Conv1D", "Dense"], ["Conv1D", "QConv2D"]),
        ("pynqz2", ["pynq-z2", "basys3"], ["pynq-z2"]),
        ("x", ["y"], []),
        ("crosentropy", ["BinaryCrossentropy", "Huber"], ["BinaryCrossentropy"]),
        ("cosentropy", ["BinaryCrossentropy", "Huber"], []),
        (
            "mean_absolute_percentage_errors",
            ["MeanAbsolutePercentageError", "MeanAbsoluteError"],
            ["MeanAbsolutePercentageError"],
        ),
        ("a" * 10_000, ["a"], []),
    ],
)
def test_only_near_names_are_suggested(name, known, near):
    assert near_names(name, known) == near


def test_many_names_are_cut():
    hint = unknown_name("board", "zzzzzz", [f"board{n:02}" for n in range(40)]).hint
    assert hint.endswith("board11 and 28 more; edgeml list boards shows all")


def test_none_known():
    assert unknown_name("board", "x", []).hint == "known: none"


def test_a_name_that_is_known_twice_is_listed_once() -> None:
    assert unknown_name("check", "zzz", ["c", "board", "c"]).hint == "known: board, c"
