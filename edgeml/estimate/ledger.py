"""Results of tools beside their estimates, one line of JSON each.

The file is ~/.local/share/edgeml/ledger.jsonl, or what EDGEML_LEDGER says. A line is appended in one write
under a lock, so runs side by side lose nothing; a line that is torn or of a newer version is left where it is
and skipped. Once there are enough results of the same design style, tool, version, family and scope, they
shift and narrow the interval: that of the split conformal method, on the logarithm of real/estimate.

Invariant: the file only grows, and an interval from the ledger says how many results it is from.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from edgeml import limits
from edgeml.designs import OTHER, Design
from edgeml.documents import Document
from edgeml.errors import EdgemlError
from edgeml.figures import Figure, Hardware, Source, Usage
from edgeml.files import read_bytes

ENOUGH = 10
"""Results from which on an interval is the user's own; with fewer, 90 % coverage cannot be promised."""

_NOWHERE = Path(os.devnull)
_COVERAGE = 0.9
_LEAST = 5.0
"""Ratios of smaller figures say more about rounding than about the model."""


Scope = Literal["network", "board", "report"]
"""The scope of figures: the network alone on the chip; the whole board after placement; or HLS's own report
on the network, whose numbers differ from those of logic synthesis."""


class LedgerEntry(Document):
    """One real result and its estimate: a line of the ledger.

    Args:
        when: UTC, ISO 8601.
        design: kind of design.
        family: of the chip, as edgeml.estimate.family names it.
        part: as the tool calls it.
        tool: program and version.
        source: how real: synthesis, place-and-route, vendor.
        scope: what the figures count.
        graph: digest of the graph.
        settings: how it was laid out.
        real: figures by kind ("lut", "ff", "dsp", "bram", "uram", "cycles", "ii").
        estimated: the model's own, before any ledger was asked.
    """

    what: ClassVar[str] = "line of the ledger"
    remedy: ClassVar[str] = "remove it"

    schema_: Literal[1] = Field(default=1, alias="schema_version")
    when: str
    design: Design
    family: str
    part: str
    tool: str
    source: Source
    scope: Scope = "network"
    graph: str = ""
    settings: str = ""
    real: dict[str, Annotated[float, Field(ge=0)]]
    estimated: dict[str, Annotated[float, Field(ge=0)]]

    def line(self) -> bytes:
        """The bytes in the file, the end of the line included."""
        return self.model_dump_json(by_alias=True).encode() + b"\n"


@dataclass(frozen=True)
class ConformalInterval:
    """Real/estimate in the user's own results: median and ends of the interval, and how many there are."""

    median: float
    low: float
    high: float
    count: int


class Ledger:
    """The file.

    Args:
        path: where it is; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @staticmethod
    def of_user() -> Ledger:
        """The user's own; for the commands, which hand it on to whatever estimates or records."""
        named = os.environ.get("EDGEML_LEDGER")
        home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
        return Ledger(Path(named) if named else Path(home) / "edgeml" / "ledger.jsonl")

    def entries(self) -> list[LedgerEntry]:
        """All lines that can be read, oldest first; one result counted once, the newest word about it."""
        entries: dict[tuple[str, ...], LedgerEntry] = {}
        for entry in self._parsed():
            if entry is not None:
                entries[_key(entry)] = entry
        return list(entries.values())

    def snapshot(self) -> Ledger:
        """The ledger as it is when it is first asked, read once, however often it is asked."""
        return _Snapshot(self.path)

    def unread(self) -> int:
        """Lines that cannot be read."""
        return sum(entry is None for entry in self._parsed())

    def _parsed(self) -> Iterator[LedgerEntry | None]:
        """The entry of every line; None for one torn by a crash or of a newer version."""
        for line in self._lines():
            try:
                yield LedgerEntry.parse(line, self.path)
            except EdgemlError:
                yield None

    def _lines(self) -> list[bytes]:
        try:
            there = self.path.exists()
        except OSError as error:
            raise EdgemlError(
                f"cannot be read: {error.strerror}", str(self.path), "see EDGEML_LEDGER"
            ) from None
        if not there or self.path == _NOWHERE:  # the way to have none
            return []
        content = read_bytes(self.path, "ledger; see EDGEML_LEDGER", limits.TEXT)
        return [line for line in content.split(b"\n") if line.strip()]

    def add(
        self, real: Hardware, estimate: Hardware, tool: str, family: str, scope: Scope = "network"
    ) -> LedgerEntry:
        """Append a result.

        Args:
            real: what a tool reported.
            estimate: the model's own figures for the same design and scope, from an empty ledger.
            tool: program and version ("Yosys 0.23").
            family: of the chip.
            scope: what both of them count.

        Raises:
            EdgemlError: the two are not of one design, or the file cannot be written.
        """
        design = estimate.design
        if (
            real.source == "estimate"
            or design == OTHER
            or (real.design, real.graph) != (design, estimate.graph)
        ):
            raise EdgemlError(
                "a ledger entry is a tool's result and the estimate of the same design", real.model
            )
        entry = LedgerEntry(
            when=datetime.now(UTC).isoformat(timespec="seconds"),
            design=design,
            family=family,
            part=real.part,
            tool=tool,
            source=real.source,
            scope=scope,
            graph=real.graph,
            settings=estimate.settings,
            real=values(real),
            estimated=values(estimate),
        )
        earlier = next((old for old in self.entries() if _key(old) == _key(entry)), None)
        if earlier is not None and (earlier.real, earlier.estimated) == (entry.real, entry.estimated):
            return earlier  # the same synthesis once more
        self._append(entry.line())
        return entry

    def extend(self, entries: Iterable[LedgerEntry]) -> None:
        """Append entries of another ledger.

        Raises:
            EdgemlError: the file cannot be written.
        """
        for entry in entries:
            self._append(entry.line())

    def _append(self, line: bytes) -> None:
        if self.path == _NOWHERE:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise EdgemlError(
                f"cannot be written: {error.strerror}", str(self.path), "see EDGEML_LEDGER"
            ) from None
        try:
            with _locked(descriptor):
                size = os.fstat(descriptor).st_size
                if size and os.pread(descriptor, 1, size - 1) != b"\n":
                    line = b"\n" + line  # the line before was torn; it must not take this one with it
                os.write(descriptor, line)
                os.fsync(descriptor)
        except OSError as error:
            raise EdgemlError(
                f"cannot be written: {error.strerror}", str(self.path), "see EDGEML_LEDGER"
            ) from None
        finally:
            os.close(descriptor)

    def narrowed(
        self, design: str, family: str, kind: str, scope: Scope = "network"
    ) -> ConformalInterval | None:
        """The user's own ratios for one kind of figure; None if there are fewer than `ENOUGH`.

        Args:
            design: kind of design.
            family: of the chip.
            kind: which figure.
            scope: what it counts. Of several tools and versions the one used last for that is taken.
        """
        mine = self._alike(design, family, scope)
        ratios = [
            e.real[kind] / e.estimated[kind]
            for e in mine
            if e.tool == mine[-1].tool and min(e.real.get(kind, 0), e.estimated.get(kind, 0)) >= _LEAST
        ]
        return conformal(ratios)

    def _alike(self, design: str, family: str, scope: Scope) -> list[LedgerEntry]:
        style = (design, family, scope)
        return [e for e in self.entries() if (e.design, e.family, e.scope) == style]

    def applied(self, modelled: Hardware, family: str, scope: Scope = "network") -> Hardware:
        """An estimate with its intervals shifted and narrowed by the results of the same family and tool.

        Args:
            modelled: the model's own estimate.
            family: of the chip.
            scope: which of its figures: `total` and the layers, or for "board" `whole`.
        """
        usage = modelled.whole if scope == "board" else modelled.total
        mine = self._alike(modelled.design, family, scope)
        if not mine or usage is None:
            return modelled
        changed = {
            kind: narrowed
            for kind in usage.present()
            if (narrowed := self.narrowed(modelled.design, family, kind, scope)) is not None
        }
        if not changed:
            return modelled
        ratios = ", ".join(
            f"{kind.upper()} n = {n.count}, median {n.median:.2f}, {n.low:.2f} to {n.high:.2f}"
            for kind, n in changed.items()
        )
        whose = "Whole board: intervals" if scope == "board" else "Intervals"
        note = f"{whose} of your own results with {mine[-1].tool} on {family} (real/estimate): {ratios}."
        update: dict[str, object] = {"notes": (*modelled.notes, note)}
        if scope == "board":
            return modelled.model_copy(update={**update, "whole": _scaled(usage, changed)})
        layers = tuple(
            layer.model_copy(update={"usage": _scaled(layer.usage, changed)}) for layer in modelled.layers
        )
        return modelled.model_copy(update={**update, "total": _scaled(usage, changed), "layers": layers})


class _Snapshot(Ledger):
    @cached_property
    def _read(self) -> list[LedgerEntry]:
        return super().entries()

    def entries(self) -> list[LedgerEntry]:
        return self._read


EMPTY = Ledger(_NOWHERE)
"""A ledger without a line that keeps none, for the model's own estimates."""


def _key(entry: LedgerEntry) -> tuple[str, ...]:
    """Equal for two lines about the same result."""
    return (
        entry.design,
        entry.family,
        entry.tool,
        entry.source,
        entry.scope,
        entry.graph,
        entry.settings,
        entry.part,
    )


def values(hardware: Hardware) -> dict[str, float]:
    """The figures of a whole design by kind."""
    amounts = {kind: figure.value for kind, figure in hardware.total.present().items()}
    for kind in ("cycles", "ii"):
        figure = getattr(hardware, kind)
        if figure is not None:
            amounts[kind] = figure.value
    return amounts


def conformal(ratios: Iterable[float]) -> ConformalInterval | None:
    """Median and interval of ratios, by the split conformal method; None if they are too few.

    The score is the distance of the logarithm from the median; its ceil((n + 1) * 0.9)-th smallest value
    bounds a new one with a probability of at least 90 %.

    >>> conformal([1.1] * 9) is None, conformal([1.1] * 12).low
    (True, 1.1)
    """
    logs = sorted(math.log(ratio) for ratio in ratios)
    if len(logs) < ENOUGH:
        return None
    middle = logs[len(logs) // 2] if len(logs) % 2 else (logs[len(logs) // 2 - 1] + logs[len(logs) // 2]) / 2
    scores = sorted(abs(log - middle) for log in logs)
    rank = min(len(scores), math.ceil((len(scores) + 1) * _COVERAGE))
    reach = scores[rank - 1]
    median, low, high = (round(math.exp(end), 6) for end in (middle, middle - reach, middle + reach))
    return ConformalInterval(median, low, high, len(logs))


def _scaled(usage: Usage, changed: Mapping[str, ConformalInterval]) -> Usage:
    update: dict[str, Figure] = {}
    for kind, narrowed in changed.items():
        figure = getattr(usage, kind)
        if figure is None:
            continue
        value = figure.value
        update[kind] = Figure(
            value=round(value * narrowed.median),
            low=math.floor(value * narrowed.low),
            high=math.ceil(value * narrowed.high),
        )
    return usage.model_copy(update=update)


@contextlib.contextmanager
def _locked(descriptor: int) -> Iterator[None]:
    """Hold the file against other runs; where the system has no such lock, the single append has to do."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
