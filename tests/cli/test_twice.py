"""Options and keys that a command line states twice are refused, for of two values one would be ignored."""

from __future__ import annotations

import pytest

from tests.cli.command import Shell


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("explore iris_mlp --max-lut 40% --max-lut 60%", "--max-lut: is given twice"),
        ("explore iris_mlp --trials=2 --max-lut 5 --trials 2", "--trials: is given twice"),
        ("train iris_mlp --seed 1 --epochs 2 --seed 2", "--seed: is given twice"),
        ("train iris_mlp --set training.epochs=1 --set training.epochs=2", "training.epochs is stated twice"),
        ("explore iris_mlp --range clock=50 --range clock=60", "clock is stated twice"),
    ],
)
def test_one_error(words: str, says: str, edgeml: Shell) -> None:
    done = edgeml(*words.split())
    assert done.code == 2 and says in done.err and "once" in done.err and "Traceback" not in done.err


@pytest.mark.parametrize("words", ["list presets --json --json", "doctor --json --json"])
def test_a_flag_may_be_given_again(words: str, edgeml: Shell) -> None:
    assert edgeml(*words.split()).code == 0
