"""The target of a design: board, clock and HLS back end; flags override the run, the run the board.

One function, `resolve`, answers for every command and for Python; each value says where it is from. The clock
is in MHz and is called clock_mhz everywhere; a period in nanoseconds (`clock_ns` in old runs,
`clock_period_ns` of hls4ml) is understood where it is written.

Invariant: nothing else in edgeml chooses a clock or an HLS back end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from edgeml import boards
from edgeml.boards.model import Board
from edgeml.errors import EdgemlError
from edgeml.settings import set_values

Origin: TypeAlias = Literal["flag", "run", "board", "default"]

DEFAULT_MHZ = 200.0
"""The clock in MHz if no flag, run or board states one (a bare part): hls4ml's default."""

_SAME_CHIPS: Mapping[str, tuple[str, ...]] = {
    "Vitis": ("Vitis", "Vivado", "Catapult"),
    "Quartus": ("Quartus", "oneAPI"),
    "oneAPI": ("oneAPI", "Quartus"),
}
"""The hls4ml back ends that can target the same chips, by back end."""


@dataclass(frozen=True)
class TargetRequest:
    """The stated values of a target; None for a value that was not stated."""

    board: Board | str | None = None
    clock_mhz: float | None = None
    hls_backend: str | None = None


@dataclass(frozen=True)
class BoardTarget:
    """A complete target, with the origin of each value.

    Args:
        board: None for a bare part.
        clock_mhz: the clock to design for.
        hls_backend: hls4ml's back end; "" if it has none for the board.
        board_from: where the board is from.
        clock_from: where the clock is from.
        hls_from: where the HLS back end is from.
    """

    board: Board | None
    clock_mhz: float
    hls_backend: str
    board_from: Origin
    clock_from: Origin
    hls_from: Origin

    def text(self) -> str:
        """In a line: "pynq-z2 (run), 100 MHz (board), Vitis (board)"."""
        parts = [f"{self.board.name} ({self.board_from})"] if self.board is not None else []
        parts.append(f"{self.clock_mhz:g} MHz ({self.clock_from})")
        if self.hls_backend:
            parts.append(f"{self.hls_backend} ({self.hls_from})")
        return ", ".join(parts)


def targets(board: Board) -> tuple[str, ...]:
    """hls4ml's back ends for a board's chip, its own one first; () if there is none."""
    return () if board.hls4ml is None else _SAME_CHIPS[board.hls4ml.backend]


def no_hls4ml(board: Board, where: str) -> EdgemlError:
    """The error for a board that no hls4ml back end can target; names the families that one can.

    Args:
        board: the board.
        where: what asked for hls4ml.
    """
    families = sorted({one.family for one in map(boards.load, boards.names()) if one.hls4ml is not None})
    chips = ", ".join(families)
    return EdgemlError(
        f"hls4ml has no back end for {board.title} ({board.family})",
        where,
        f"choose a board whose chip is one of {chips} (edgeml list boards), or the target verilog",
    )


def resolve(flags: TargetRequest, run: TargetRequest | None = None) -> BoardTarget:
    """The target that follows from flags, run and board, in this order of precedence.

    A run's HLS back end goes with the run's board: on another board, named by a flag, whose chip it cannot
    target, the board's own takes its place. A flag that cannot target the board is refused.

    Args:
        flags: values stated in this command or call.
        run: values in the run's targets; None without a run.

    Raises:
        EdgemlError: the board is unknown, or its chip is none that the named HLS back end can target.
    """
    stated = run or TargetRequest()
    name = flags.board if flags.board is not None else stated.board
    board = boards.load(name) if isinstance(name, str) else name
    clock, clock_from = _first(
        (flags.clock_mhz, "flag"), (stated.clock_mhz, "run"), (board.clock_mhz if board else None, "board")
    )
    backend, hls_from = _backend(flags, stated, board)
    return BoardTarget(
        board,
        DEFAULT_MHZ if clock is None else clock,
        backend,
        "default" if name is None else "flag" if flags.board is not None else "run",
        clock_from,
        hls_from,
    )


def _first(*values: tuple[float | None, Origin]) -> tuple[float | None, Origin]:
    for value, origin in values:
        if value is not None:
            return value, origin
    return None, "default"


def _backend(flags: TargetRequest, stated: TargetRequest, board: Board | None) -> tuple[str, Origin]:
    if board is None:
        if flags.hls_backend is not None:
            return flags.hls_backend, "flag"
        return (stated.hls_backend, "run") if stated.hls_backend is not None else ("Vitis", "default")
    supported = targets(board)
    if not supported:
        if flags.hls_backend is not None:
            raise no_hls4ml(board, "hls4ml options, board")
        return "", "board"
    if flags.hls_backend is not None:
        if flags.hls_backend not in supported:
            raise _other_chip(flags.hls_backend, board)
        return flags.hls_backend, "flag"
    if stated.hls_backend is not None:
        if stated.hls_backend in supported:
            return stated.hls_backend, "run"
        if flags.board is None:
            raise _other_chip(stated.hls_backend, board)
    return supported[0], "board"


def _other_chip(backend: str, board: Board) -> EdgemlError:
    return EdgemlError(
        f"hls4ml's {backend} back end cannot target {board.title}, a {board.family}",
        "hls4ml options, backend",
        f"use {' or '.join(targets(board))}",
    )


def _unhurried(board: Board | None, clock_mhz: float) -> float:
    """The default `pace`: stages for the requested clock, without a margin."""
    del board
    return min(1000.0, clock_mhz)


def settings(
    run: TargetRequest,
    layout: Mapping[str, Any],
    changes: Mapping[str, Mapping[str, Any]],
    assignments: tuple[str, ...] = (),
    board: Board | str | None = None,
    clock_mhz: float | None = None,
    pace: Callable[[Board | None, float], float] = _unhurried,
) -> tuple[BoardTarget, dict[str, dict[str, Any]]]:
    """The target of a run, and the options of the back ends for it.

    Args:
        run: values in the run's targets.
        layout: the run's io_type, strategy and reuse_factor.
        changes: options by back end, from flags.
        assignments: `--set` over them, "hls4ml.reuse_factor.fc1=8".
        board: build for this board in any case; its HLS back end replaces the run's.
        clock_mhz: `--clock`, which a clock among `changes` and `assignments` goes over.
        pace: the clock that our Verilog is cut into stages for, from its board and the clock asked for; a
            clock or adders per stage among the options of the Verilog back end are taken as they are.

    Raises:
        EdgemlError: as for `resolve`, or an assignment is malformed.
    """
    base = {name: dict(change) for name, change in changes.items()}
    # What is not set is left out, so that --set hls4ml.reuse_factor.fc1=8 can make a table of it.
    base["hls4ml"] = {**{k: v for k, v in layout.items() if v is not None}, **base.get("hls4ml", {})}
    values = set_values(base, assignments)
    hls = values["hls4ml"]
    own = megahertz(hls.pop("clock_mhz", None), hls.pop("clock_period_ns", None), "hls4ml options")
    flags = TargetRequest(
        board if board is not None else hls.get("board"),
        clock_mhz if own is None else own,
        known_case(hls.pop("backend", hls.pop("hls_backend", None))),
    )
    bare = "part" in hls and flags.board is None
    target = resolve(flags, TargetRequest(None, run.clock_mhz, run.hls_backend) if bare else run)
    if bare:
        hls.pop("board", None)
    elif target.board is not None:
        named = flags.board if flags.board is not None else run.board
        hls["board"] = named.name if isinstance(named, Board) else named
    hls["clock_mhz"] = target.clock_mhz
    if target.hls_backend:
        hls["backend"] = target.hls_backend
    verilog = values.setdefault("verilog", {})
    if "clock_mhz" not in verilog:
        # A clock that --set gives hls4ml alone is not the Verilog's.
        plain = resolve(TargetRequest(flags.board, clock_mhz), TargetRequest(run.board, run.clock_mhz))
        # With adders per stage given, the clock does not decide the stages; times are still counted in it.
        cut = _unhurried if "adders_per_stage" in verilog else pace
        verilog["clock_mhz"] = cut(plain.board, plain.clock_mhz)
    return target, values


def megahertz(clock_mhz: Any, period_ns: Any, where: str) -> Any:
    """A clock that may be written as a frequency or as a period.

    Raises:
        EdgemlError: it is written as both, or the period is none.

    >>> megahertz(None, 4, "x"), megahertz(100.0, None, "x"), megahertz(None, None, "x")
    (250.0, 100.0, None)
    """
    if period_ns is None:
        return clock_mhz
    if clock_mhz is not None:
        raise EdgemlError("the clock is given twice, in MHz and in nanoseconds", where, "leave one out")
    if isinstance(period_ns, bool) or not isinstance(period_ns, int | float) or not 0 < period_ns <= 1e6:
        raise EdgemlError(
            f"clock_period_ns = {period_ns!r}: a period is a number of nanoseconds above 0", where
        )
    return 1000.0 / period_ns


_NAMES = ("Vitis", "Vivado", "Quartus", "oneAPI", "Catapult", "Libero")


def known_case(name: Any) -> Any:
    """hls4ml's spelling of a back end; anything else as it is."""
    return (
        {spelling.lower(): spelling for spelling in _NAMES}.get(name.lower(), name)
        if isinstance(name, str)
        else name
    )


def upgraded(values: dict[str, Any]) -> dict[str, Any]:
    """The targets of an old config.toml, in which the defaults (5 ns, Vitis) were written like choices.

    The defaults are removed, so that the board's clock and back end apply; any other value stays.
    """
    targets: Any = values.get("targets")
    if not isinstance(targets, dict) or "clock_ns" not in targets:
        return values
    old = {"clock_ns": 5.0, "hls_backend": "Vitis"}
    unchanged = {key: value for key, value in targets.items() if key not in old or value != old[key]}
    return {**values, "targets": unchanged}
