"""The lines of libraries on stderr while they load: shown if loading fails, and only then."""

from __future__ import annotations

import os

import pytest

from edgeml.frameworks import _quiet_stderr


def _load(error: type[BaseException]) -> None:
    with _quiet_stderr():
        os.write(2, b"a line of C++")
        raise error


@pytest.mark.parametrize(("error", "shown"), [(ImportError, "a line of C++"), (KeyboardInterrupt, "")])
def test_an_interrupt_shows_nothing(error, shown, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(error):
        _load(error)
    assert capfd.readouterr().err == shown
