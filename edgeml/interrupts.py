"""Signals held back while native code runs.

TensorFlow's native code calls Python while it traces and runs a function. An exception that a signal raises
there is swallowed or printed as a fault of TensorFlow, so the signal waits until the call has returned.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def held_signals() -> Iterator[None]:
    """Hold back Ctrl-C, SIGTERM and SIGHUP until the block has ended; the second of one kind comes at once.

    Outside the main thread nothing is held: Python runs handlers of signals in the main thread alone.

    Raises:
        KeyboardInterrupt: Ctrl-C came within the block; other signals do what their own handlers do.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrivals: list[int] = []
    handlers = {number: signal.getsignal(number) for number in _ENDING}

    def handler(number: int, frame: FrameType | None) -> None:
        own = handlers[signal.Signals(number)]
        if number in arrivals and callable(own):
            own(number, frame)
        arrivals.append(number)

    for number, own in handlers.items():
        if callable(own):
            signal.signal(number, handler)
    try:
        yield
    finally:
        for number, own in handlers.items():
            if callable(own):
                signal.signal(number, own)
        for number in arrivals[:1]:
            own = handlers[signal.Signals(number)]
            assert callable(own)
            own(number, None)
