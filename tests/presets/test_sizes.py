"""Sizes of a preset's network: their bounds, `--set`, the build function, and the file of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeml import presets
from edgeml.errors import EdgemlError
from edgeml.presets import Size
from edgeml.runconfig import RunConfig
from edgeml.share import share_dir
from edgeml.training.build import build_model

NET = (share_dir("models") / "iris_mlp.py").read_text()
SIZES = 'sizes={"fc1": Size(default=16, least=4, most=32, step=4)}'


def written(folder: Path, before: str, after: str) -> Path:
    assert before in NET
    path = folder / "my_net.py"
    path.write_text(NET.replace(before, after))
    return path


def test_a_size_changes_the_model_and_the_configuration() -> None:
    preset = presets.load("iris_mlp")
    chosen = presets.choose(preset, ["model.sizes.fc1=9"])
    assert build_model(preset, chosen).get_layer("fc1").units == 9
    assert build_model(preset).get_layer("fc1").units == 16

    own, other = (
        RunConfig.of(preset, one, presets.prepare(one.data)) for one in (presets.choose(preset), chosen)
    )
    assert own.differences(other) == ["model.sizes.fc1 is 16 there, 9 now"]


@pytest.mark.parametrize(
    ("preset", "setting", "says"),
    [
        ("iris_mlp", "model.sizes.fc2=8", r"unknown size 'fc2' \(did you mean fc1\?\)"),
        ("iris_mlp", "model.sizes.fc1=33", r"33 is outside the preset's bounds \(4 to 32; 16 without --set"),
        ("iris_mlp", "model.sizes.fc1=3", "outside the preset's bounds"),
        ("iris_mlp", "model.sizes.fc1=8.5", "valid integer"),
        ("iris_mlp", "model.size.fc1=8", r"unknown key 'model.size' \(did you mean sizes"),
        ("jets_mlp", "model.sizes.fc1=8", "states no sizes that may vary"),
    ],
)
def test_sizes_that_are_refused(preset, setting, says) -> None:
    with pytest.raises(EdgemlError, match=says):
        presets.choose(presets.load(preset), [setting])


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (SIZES, 'sizes={"fc1": 16}', r"'fc1' is a int, not a Size \(write 'fc1': Size\(default="),
        (SIZES, 'sizes={"a b": Size(default=1, least=1, most=2)}', "'a b' is no name of a size"),
        (
            "def build(q: Quantizers, sizes: Sizes)",
            "def build(q: Quantizers)",
            r"takes no sizes.*build\(q, s",
        ),
        ("default=16, least", "default=40, least", "default = 40 is not between least = 4 and most = 32"),
        ("default=16, least", "default=16, lest", r"unknown key 'lest'.*\(did you mean least\?"),
    ],
)
def test_declarations_that_are_refused(before, after, says, tmp_path) -> None:
    with pytest.raises(EdgemlError, match=says):
        presets.load(written(tmp_path, before, after))


def test_a_size_that_is_not_stated_is_named(tmp_path) -> None:
    preset = presets.load(written(tmp_path, 'sizes["fc1"]', 'sizes["fc"]'))
    with pytest.raises(EdgemlError, match=r"unknown size 'fc' \(did you mean fc1"):
        build_model(preset)


def test_a_build_function_may_take_the_sizes_alone() -> None:
    preset = presets.load("digits_gru")
    chosen = presets.choose(preset, ["model.sizes.memory=8"])
    assert build_model(preset, chosen).output_shape == (None, 10)
    assert build_model(preset, chosen).count_params() < build_model(preset).count_params()


def test_bounds_are_read_by_the_least_and_the_most() -> None:
    assert list(Size(default=5, least=2, most=9, step=3).tried) == [2, 5, 8]
