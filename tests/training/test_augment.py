"""Augmentation and initializers: repeatable by seed, checked by name, gone from what is deployed."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml import presets
from edgeml.errors import EdgemlError
from edgeml.keras.load import load_model
from edgeml.keras.run import lower_run
from edgeml.presets import KerasClass
from edgeml.training.augment import augmenter_of
from edgeml.training.initial import initialize, initializer_of
from edgeml.training.train import train

SETTINGS = (
    "training.augmentation=[{name='random_translation', height_factor=0.2, width_factor=0.2}, "
    "{name='random_contrast', factor=0.2}, {name='gaussian_noise', stddev=0.1}]"
)


@pytest.fixture(scope="module")
def digits():
    preset = presets.load("digits_mlp")
    choices = presets.choose(preset, [SETTINGS], seed=3, epochs=2)
    data = presets.prepare(choices.data)
    return preset, choices, data


def test_samples_are_changed_by_seed_phase_and_epoch(digits):
    _, choices, data = digits
    x = data.x_train[:8]
    stated = choices.training.augmentation

    def changed(seed=3, phase="float", epoch=1):
        augmenter = augmenter_of(stated, data, seed, phase)
        assert augmenter is not None
        augmenter.begin(epoch)
        return np.asarray(augmenter(x))

    first = changed()
    assert first.shape == x.shape
    assert not np.allclose(first, x)
    np.testing.assert_array_equal(changed(), first)
    for other in (changed(seed=4), changed(phase="qat"), changed(epoch=2)):
        assert not np.allclose(other, first)
    assert first.max() < 2  # the range of the samples is known, which are not 0 to 255


def test_flat_images_are_flipped_as_images(digits):
    _, _, data = digits
    augmenter = augmenter_of([KerasClass(name="random_flip", mode="horizontal")], data, 0, "qat")
    assert augmenter is not None
    augmenter.begin(1)
    x = data.x_train[:16]
    result = np.asarray(augmenter(x)).reshape(-1, 8, 8)
    images = x.reshape(-1, 8, 8)
    same = (result == images).all(axis=(1, 2))
    mirrored = (result == images[:, :, ::-1]).all(axis=(1, 2))
    assert (same | mirrored).all()
    assert same.any()
    assert mirrored.any()


@pytest.mark.slow  # six trainings
def test_nothing_of_it_is_deployed_and_a_run_is_repeatable(digits, tmp_path):
    preset, choices, _ = digits
    plainly = presets.choose(preset, [], seed=3, epochs=2)
    run, again, plain = (
        train(preset, tmp_path / name, chosen)
        for name, chosen in (("a", choices), ("b", choices), ("c", plainly))
    )
    weights = [load_model(one.model_file).get_weights() for one in (run, again, plain)]
    for ours, theirs in zip(weights[0], weights[1], strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert any(not np.array_equal(a, b) for a, b in zip(weights[0], weights[2], strict=True))
    names = [[layer.name for layer in load_model(one.model_file).layers] for one in (run, plain)]
    assert names[0] == names[1]
    ops = [[type(node.op).__name__ for node in lower_run(one).nodes] for one in (run, plain)]
    assert ops[0] == ops[1]


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("training.augmentation=random_flp", "did you mean RandomFlip"),
        ("training.augmentation=Dense", "unknown augmentation 'Dense'"),
        ("training.augmentation=[{name='random_flip', mod='horizontal'}]", "did you mean mode"),
        ("training.augmentation=[{name='random_flip', seed=3}]", "seed of random_flip cannot be set"),
        ("training.augmentation=[{name='random_rotation', factor=7.0}]", "Keras refuses it"),
        ("training.initializer=he_norml", "did you mean HeNormal"),
        ("training.initializer=zeros", "gives all units the same kernel"),
        ("training.initializer={name='he_normal', seed=1}", "seed of he_normal cannot be set"),
        ("training.initializer={name='auto', gain=2.0}", "auto takes no gain"),
    ],
)
def test_what_keras_does_not_have_is_one_error(digits, tmp_path, assignment, message):
    preset = digits[0]
    with pytest.raises(EdgemlError, match=message):
        train(preset, tmp_path / "run", presets.choose(preset, [assignment]))
    assert not (tmp_path / "run").exists()


def test_an_augmentation_of_images_needs_images():
    data = presets.prepare(presets.load("iris_mlp").data)
    with pytest.raises(EdgemlError, match=r"RandomFlip is for images.*\(4,\).*use GaussianNoise"):
        augmenter_of([KerasClass(name="random_flip")], data, 0, "float")
    assert augmenter_of([KerasClass(name="gaussian_noise", stddev=0.1)], data, 0, "float") is not None
    assert augmenter_of([], data, 0, "float") is None


@pytest.mark.parametrize("name", ["glorot_uniform", "he_normal", "lecun_uniform", "orthogonal"])
def test_kernels_begin_as_stated(name):
    import keras

    def kernels(seed):
        model = keras.Sequential([keras.Input((30,)), keras.layers.Dense(20), keras.layers.Dense(20)])
        initialize(model, KerasClass(name=name), seed)
        return [layer.get_weights() for layer in model.layers]

    first, second = kernels(1), kernels(1)
    np.testing.assert_array_equal(first[0][0], second[0][0])
    assert not np.array_equal(kernels(2)[0][0], first[0][0])
    assert not first[0][1].any()
    spread = {"glorot_uniform": 2 / 50, "he_normal": 2 / 30, "lecun_uniform": 1 / 30}.get(name)
    if spread is None:
        np.testing.assert_allclose(first[1][0].T @ first[1][0], np.eye(20), atol=1e-5)
    else:
        assert np.var(first[0][0]) == pytest.approx(spread, rel=0.2)
    assert initializer_of(KerasClass(name="auto"), 0) is None
