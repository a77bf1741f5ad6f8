"""Clock and serial line of a board: the oscillator and the clocks per bit, or the reason for none."""

from __future__ import annotations

from dataclasses import dataclass

from edgeml.boards import Board, BoardClock
from edgeml.errors import EdgemlError

BAUD = 115_200
_RATES = (9600, 19200, 38400, 57600, 115_200, 230_400, 250_000, 460_800, 500_000, 921_600, 1_000_000)
_FEWEST_CLOCKS = 8
_MOST_OFF = 0.015  # a part of the 4 % that a receiver tolerates; the other end's clock is off as well


@dataclass(frozen=True)
class Serial:
    """The serial line of a board.

    Args:
        clock: the oscillator, used as it is.
        baud: bits per second asked for.
        clocks: per bit.
    """

    clock: BoardClock
    baud: int
    clocks: int

    @property
    def hz(self) -> int:
        """The clock's frequency."""
        return round(self.clock.mhz * 1e6)

    @property
    def real_baud(self) -> float:
        """The baud rate after rounding to whole clocks per bit."""
        return self.hz / self.clocks

    @property
    def silence(self) -> int:
        """log2 of the clocks after which a frame that stopped is given up: a quarter of a second or more."""
        return (self.hz // 4).bit_length()


def serial(board: Board, baud: int, fastest_mhz: float) -> Serial:
    """Clock and divider.

    Args:
        board: the board.
        baud: bits per second.
        fastest_mhz: what the Verilog was pipelined for; 0 if that is not known.

    Raises:
        EdgemlError: the board has no clock on a single pin, or the rate cannot be made of it.
    """
    clock = _clock(board, fastest_mhz)
    hz = clock.mhz * 1e6
    clocks = _divider(hz, baud)
    if clocks is None:
        good = [rate for rate in _RATES if _divider(hz, rate) is not None]
        raise EdgemlError(
            f"{baud} baud cannot be made of its {clock.mhz:g} MHz clock within {_MOST_OFF:.1%}",
            board.name,
            f"choose one of {', '.join(map(str, good))}",
        )
    return Serial(clock, baud, clocks)


def _clock(board: Board, fastest_mhz: float) -> BoardClock:
    """The first oscillator that is not faster than the Verilog is, else the slowest."""
    usable = [clock for clock in board.clocks if clock.pin is not None and clock.pin_n is None]
    if not usable:
        names = ", ".join(clock.name for clock in board.clocks) or "none"
        raise EdgemlError(
            f"has no clock on one pin (clocks: {names}); an oscillator inside an FPGA is too far off for a "
            "serial line, and a pair of pins needs a buffer of its maker",
            board.name,
            "choose another board, or write a board file with such a clock",
        )
    slow_enough = [clock for clock in usable if not fastest_mhz or clock.mhz <= fastest_mhz]
    return slow_enough[0] if slow_enough else min(usable, key=lambda clock: clock.mhz)


def _divider(hz: float, baud: int) -> int | None:
    """Clocks per bit, None if that is too few or too far off.

    >>> _divider(12e6, 115200), _divider(12e6, 921600), _divider(12e6, 2000000)
    (104, 13, None)
    """
    if baud < 1:
        return None
    clocks = round(hz / baud)
    off = abs(hz / (clocks or 1) / baud - 1)
    return clocks if clocks >= _FEWEST_CLOCKS and off <= _MOST_OFF else None
