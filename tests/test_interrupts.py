"""Signals wait for the end of a block of native code, and none is lost."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from edgeml.interrupts import held_signals


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    former = {number: signal.getsignal(number) for number in numbers}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in former.items():
        signal.signal(number, handler)


def _send(number: int) -> None:
    os.kill(os.getpid(), number)
    for _ in range(1000):  # Python runs the handler between two of its instructions
        pass


def test_an_interrupt_waits_for_the_end_of_the_block() -> None:
    done: list[str] = []

    def block() -> None:
        with held_signals():
            _send(signal.SIGINT)
            done.append("the rest of the block")

    with pytest.raises(KeyboardInterrupt):
        block()
    assert done == ["the rest of the block"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_second_interrupt_comes_at_once() -> None:
    def block() -> None:
        with held_signals():
            _send(signal.SIGINT)
            _send(signal.SIGINT)
            pytest.fail("the block went on")

    with pytest.raises(KeyboardInterrupt):
        block()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_reach_their_own_handler(number: signal.Signals) -> None:
    came: list[int] = []
    signal.signal(number, lambda number, frame: came.append(number))
    with held_signals():
        _send(number)
        assert came == []
    assert came == [number]


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with held_signals():
        _send(signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_an_error_of_the_block_is_followed_by_the_interrupt() -> None:
    def block() -> None:
        with held_signals():
            _send(signal.SIGINT)
            raise ValueError("of the block")

    with pytest.raises(KeyboardInterrupt) as caught:
        block()
    assert isinstance(caught.value.__context__, ValueError)


def test_nothing_is_held_in_another_thread() -> None:
    handlers: list[object] = []

    def work() -> None:
        with held_signals():
            handlers.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert handlers == [signal.default_int_handler]
