"""A serial port: open, raw bytes out, raw bytes in with a time limit.

The standard library's termios is enough for this, on the only system that edgeml is for; pyserial would be a
dependency for four system calls.

Invariant: every fault of the port is one `EdgemlError` and never becomes a result.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import termios
import time
from types import TracebackType
from typing import Protocol

from edgeml.errors import EdgemlError

PLUG_IN = "plug the board in; `ls /dev/tty*` shows the ports"
_HINTS = {
    errno.ENOENT: PLUG_IN,
    errno.EACCES: "add yourself to the group that owns it (often dialout), then log in again",
    errno.EBUSY: "another program has it open: close it",
}


class Line(Protocol):
    """A connection to a board."""

    def write(self, data: bytes) -> None:
        """Send bytes."""
        ...

    def read(self, seconds: float) -> bytes:
        """The bytes that arrive within so many seconds; empty if none does."""
        ...


class SerialPort:
    """A serial port in raw mode, 8 data bits, no parity, one stop bit, no flow control.

    Args:
        path: the device.
        baud: bits per second.

    Raises:
        EdgemlError: it cannot be opened, is no serial port, or does not know the rate.
    """

    def __init__(self, path: str, baud: int) -> None:
        self._path = path
        rate = getattr(termios, f"B{baud}", None)
        if rate is None or not baud:
            raise EdgemlError(f"this system has no {baud} baud", "--baud", "115200 is what boards speak")
        try:
            self._file = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError as error:
            hint = _HINTS.get(error.errno or 0, "")
            raise EdgemlError(f"cannot open the port: {error.strerror}", path, hint) from None
        try:
            fcntl.ioctl(self._file, termios.TIOCEXCL)
            _make_raw(self._file, rate)
            termios.tcflush(self._file, termios.TCIOFLUSH)
        except (OSError, termios.error) as error:
            os.close(self._file)
            raise EdgemlError(f"is not a serial port: {error.args[-1]}", path) from None

    def __enter__(self) -> SerialPort:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)

    def write(self, data: bytes) -> None:
        """Send bytes, waiting while the port's buffer is full, 10 seconds at most.

        Raises:
            EdgemlError: the port takes none in that time, or is gone.
        """
        left, until = data, time.monotonic() + 10.0
        while left:
            try:
                left = left[os.write(self._file, left) :]
            except BlockingIOError:
                if time.monotonic() > until:
                    raise EdgemlError("the port takes no bytes", self._path, "unplug the board") from None
                select.select([], [self._file], [], 0.1)
            except OSError as error:
                raise self._closed_error(error) from None

    def read(self, seconds: float) -> bytes:
        """The bytes that arrive within so many seconds; empty if none does.

        Raises:
            EdgemlError: the port was closed.
        """
        if not select.select([self._file], [], [], seconds)[0]:
            return b""
        try:
            data = os.read(self._file, 4096)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise self._closed_error(error) from None
        if not data:  # readable and empty: the other end was closed
            raise self._closed_error(None)
        return data

    def _closed_error(self, error: OSError | None) -> EdgemlError:
        reason = f": {error.strerror}" if error is not None else ""
        return EdgemlError(f"the port was closed{reason}", self._path, "plug the board in and check again")


def _make_raw(file: int, rate: int) -> None:
    settings = termios.tcgetattr(file)
    characters = settings[6]
    characters[termios.VMIN], characters[termios.VTIME] = 1, 0
    control = termios.CS8 | termios.CREAD | termios.CLOCAL
    termios.tcsetattr(file, termios.TCSANOW, [0, 0, control, 0, rate, rate, characters])
