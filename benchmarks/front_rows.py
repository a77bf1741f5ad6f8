"""Rows of `benchmarks.front` and the file that keeps them.

Invariant: the rows of one side and seed in a file are those of one training. Each row is written as soon as
one of its figures is there, so that what was interrupted goes on from there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from edgeml.files import write_atomic

ECP5_FLOW = "the flow for ECP5"
"""The tools of `benchmarks.front_placed`, where their time was up."""


@dataclass(frozen=True)
class FrontLimits:
    """Seconds that a tool may take for a design.

    Args:
        design: of da4ml and of Yosys for 7 series.
        ecp5: of each tool for ECP5; 0: they are not run.
    """

    design: float
    ecp5: float


@dataclass(frozen=True)
class FrontRow:
    """One design. None is a figure that is not there; what is said of it is in `stopped`.

    Args:
        side: who trained it and wrote the Verilog.
        seed: of the training.
        point: of the front, counted from the cheapest one.
        accuracy: of the integers on the test part.
        val_accuracy: on the validation part, by which it was chosen.
        operations: effective bit operations as that side counts them; None for uniform widths.
        luts: LUT1 to LUT6.
        carries: CARRY4.
        registers: flip-flops.
        epochs: of that training, float baseline included.
        seconds: of that training.
        yosys: version.
        latency: clocks from a sample to its result.
        ecp5_luts: LUT4 sites of an ECP5 that the network takes after routing.
        ecp5_registers: its flip-flops there.
        fmax_mhz: the clock that nextpnr reached there.
        placer: nextpnr's name and version.
        ecp5_passes: of Yosys; rows of before they were kept had every module by itself, which takes Yosys
            longer and finds less.
        training: digest of the training's history; "" in rows of before it was kept.
        front: checkpoints of its front, of which those with rows are spread evenly; 0 in rows of before.
        stopped: the tool whose time was up; what comes after it has no figures.
        limit: the seconds that it had.
    """

    side: str
    seed: int
    point: int
    accuracy: float | None
    val_accuracy: float
    operations: float | None
    luts: int | None = None
    carries: int | None = None
    registers: int | None = None
    epochs: int = 0
    seconds: float = 0.0
    yosys: str = ""
    latency: int | None = None
    ecp5_luts: int | None = None
    ecp5_registers: int | None = None
    fmax_mhz: float | None = None
    placer: str = ""
    ecp5_passes: str = "synth_ecp5 -noflatten -nodsp"
    training: str = ""
    front: int = 0
    stopped: str = ""
    limit: float = 0.0

    @property
    def key(self) -> tuple[str, int, int]:
        """The identity of a row in its file."""
        return self.side, self.seed, self.point

    def ended(self, limits: FrontLimits) -> bool:
        """True if all figures are there that can be had within the limits."""
        if self.stopped and self.stopped != ECP5_FLOW:
            return self.limit >= limits.design
        return self.luts is not None and (bool(self.placer) or self.limit >= limits.ecp5)


def spread(count: int, most: int) -> list[int]:
    """At most so many indices, evenly spread, ends included.

    >>> spread(9, 3), spread(2, 3), spread(0, 3)
    ([0, 4, 8], [0, 1], [])
    """
    return sorted({round(i * (count - 1) / max(1, most - 1)) for i in range(most)}) if count else []


def read_rows(file: Path) -> list[FrontRow]:
    """The rows of a file of results; none where it is missing."""
    return [FrontRow(**row) for row in json.loads(file.read_text())] if file.is_file() else []


class RowsFile:
    """The rows of a data set.

    Args:
        file: of benchmarks/results.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.rows = read_rows(file)

    def of(self, side: str, seed: int) -> list[FrontRow]:
        """The rows of one training."""
        return [row for row in self.rows if (row.side, row.seed) == (side, seed)]

    def complete(self, side: str, seed: int, points: int, limits: FrontLimits) -> bool:
        """True if so many checkpoints of the front have all that can be had within the limits.

        Rows that do not say of which training they are cannot go on, so they are complete as they are.
        """
        rows = self.of(side, seed)
        if not rows or not all(row.training for row in rows):
            return bool(rows)
        ended = {row.point for row in rows if row.ended(limits)}
        return ended >= set(spread(rows[0].front, points))

    def discard(self, sides: Iterable[str], seeds: Iterable[int]) -> None:
        """Forget rows; the file forgets them with the next row that is put."""
        keys = {(side, seed) for side in sides for seed in seeds}
        self.rows = [row for row in self.rows if (row.side, row.seed) not in keys]

    def begin(self, side: str, seed: int, training: str, front: int) -> list[str]:
        """Forget the rows of another training of that side and seed.

        Returns:
            What was forgotten, in words.
        """
        rows = self.of(side, seed)
        other = [row for row in rows if row.training != training]
        self.rows = [
            replace(row, front=front) if row in rows else row for row in self.rows if row not in other
        ]
        return [f"{side}, seed {seed}, checkpoint {row.point}: of another training" for row in other]

    def get(self, side: str, seed: int, point: int) -> FrontRow | None:
        """A row, or None."""
        return next((row for row in self.rows if row.key == (side, seed, point)), None)

    def put(self, row: FrontRow) -> FrontRow:
        """Add a row or replace the one of its checkpoint, write the file and print the row."""
        self.rows = [each for each in self.rows if each.key != row.key] + [row]
        self.rows.sort(key=lambda each: each.key)
        write_atomic(self.file, json.dumps([asdict(each) for each in self.rows], indent=1) + "\n")
        print(row, flush=True)
        return row
