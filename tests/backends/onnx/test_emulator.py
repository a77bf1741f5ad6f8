"""The emulator as users call it."""

from __future__ import annotations

import os
import threading
from typing import Any

import numpy as np
import pytest

from edgeml.backends.onnx.emulator import Emulator, thread_pool
from edgeml.errors import EdgemlError
from edgeml.ir import evaluate, evaluate_codes
from tests.zoo import codes, zoo

GRAPHS = zoo()


def test_values_and_codes() -> None:
    graph = GRAPHS["mlp"]
    x = np.random.default_rng(0).random((50, 16))
    emulator = Emulator(graph)
    values, raw = emulator.predict(x), emulator.predict(x, raw=True)
    assert values.dtype == np.float64
    assert raw.dtype == np.int64
    np.testing.assert_array_equal(values, evaluate(graph, x))
    np.testing.assert_array_equal(raw, evaluate(graph, x, raw=True))


def test_batches_are_joined_and_keep_their_order() -> None:
    graph = GRAPHS["cnn_2d"]
    emulator = Emulator(graph)
    samples = 2 * emulator.batch + 7
    x = np.random.default_rng(1).random((samples, 8, 8, 1)).astype(np.float32)
    got = emulator.predict(x)
    assert got.shape == (samples, 3)
    for start in (0, emulator.batch - 1, emulator.batch, samples - 2):
        np.testing.assert_array_equal(got[start : start + 2], evaluate(graph, x[start : start + 2]))


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system ties no thread to a core")
def test_threads_for_all_cores_have_one_each_and_fewer_go_anywhere() -> None:
    allowed = os.sched_getaffinity(0)
    waiting = threading.Barrier(len(allowed))

    def core() -> frozenset[int]:
        waiting.wait(30)  # so that each task has a thread of its own
        return frozenset(os.sched_getaffinity(0))

    with thread_pool(len(allowed)) as pool:
        cores = [task.result() for task in [pool.submit(core) for _ in allowed]]
    assert set(cores) == {frozenset({one}) for one in allowed}
    with thread_pool(len(allowed) + 1) as pool:
        assert pool.submit(os.sched_getaffinity, 0).result() == allowed
    assert os.sched_getaffinity(0) == allowed, "the caller's thread is left alone"


def test_no_samples() -> None:
    assert Emulator(GRAPHS["mlp"]).predict(np.zeros((0, 16))).shape == (0, 5)
    empty = Emulator(GRAPHS["mlp"]).predict_codes({"input": np.zeros((0, 16), np.int64)})
    assert empty["fc3"].shape == (0, 5)
    assert empty["fc3"].dtype == np.int64


def test_several_inputs_and_outputs() -> None:
    graph = GRAPHS["several_inputs_outputs"]
    inputs = codes(graph, 20)
    x = {name: values / 7 for name, values in inputs.items()}
    emulator = Emulator(graph)
    expected: Any = evaluate(graph, x)
    for given in (x, [x[name] for name in graph.inputs]):
        got = emulator.predict(given)
        assert set(got) == set(expected)
        for name, values in expected.items():
            np.testing.assert_array_equal(got[name], values)


def test_other_float_types_and_memory_orders_are_taken_as_float32() -> None:
    graph = GRAPHS["mlp"]
    x = np.random.default_rng(2).random((9, 32))
    for given in (x[:, ::2], np.asfortranarray(x[:, :16]), x[:, :16].astype(np.float16), x[:, :16].tolist()):
        np.testing.assert_array_equal(Emulator(graph).predict(given), evaluate(graph, given))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_floats_that_are_not_finite_are_refused(bad: float) -> None:
    x = np.zeros((3, 16), np.float32)
    x[1, 4] = bad
    with pytest.raises(EdgemlError, match="1 of 48 values are NaN or infinite"):
        Emulator(GRAPHS["mlp"]).predict(x)


@pytest.mark.parametrize("bad", [np.nan, -np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("others", [(0.0, 3e38), (-3e38, 0.0), (-3e38, 3e38)], ids=str)
def test_one_of_many_floats_that_is_not_finite_is_refused(bad: float, others: tuple[float, float]) -> None:
    x = np.random.default_rng(0).uniform(others[0] / 2, others[1] / 2, (700, 16)).astype(np.float32) * 2
    emulator = Emulator(GRAPHS["mlp"], 1)
    np.testing.assert_array_equal(emulator.predict(x), evaluate(GRAPHS["mlp"], x))
    for place in ((0, 0), (699, 15), (350, 7)):
        wrong = x.copy()
        wrong[place] = np.float32(bad)
        with pytest.raises(EdgemlError, match="values are NaN or infinite"):
            emulator.predict(wrong)


def test_huge_finite_values_saturate() -> None:
    x = np.full((3, 16), 3e38, np.float32)
    x[:, ::2] *= -1
    np.testing.assert_array_equal(Emulator(GRAPHS["mlp"]).predict(x), evaluate(GRAPHS["mlp"], x))


def test_shapes_that_do_not_fit() -> None:
    emulator = Emulator(GRAPHS["mlp"])
    for shape in ((4, 15), (16,), (4, 16, 1), ()):
        with pytest.raises(EdgemlError, match=r"\(samples, 16\) expected"):
            emulator.predict(np.zeros(shape))
    with pytest.raises(EdgemlError, match="do not fit"):
        emulator.predict_codes({"input": np.full((1, 16), 256)})
    with pytest.raises(EdgemlError, match="no codes given"):
        emulator.predict_codes({})
    with pytest.raises(EdgemlError, match="samples, \\*"):
        emulator.predict_codes({"input": np.zeros((1, 3), np.int64)})
    two = Emulator(GRAPHS["several_inputs_outputs"])
    with pytest.raises(EdgemlError, match="expected"):
        two.predict({"nonsense": np.zeros((2, 2))})


def test_threads_change_nothing() -> None:
    graph = GRAPHS["cnn_2d"]
    inputs = codes(graph, 700, seed=5)
    expected = evaluate_codes(graph, inputs)["fc"]
    for threads in (0, 1, 2, 5):
        np.testing.assert_array_equal(Emulator(graph, threads).predict_codes(inputs)["fc"], expected)
