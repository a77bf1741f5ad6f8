"""The sensitivity to pruning on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.cli.bands import Bands

if TYPE_CHECKING:
    from edgeml.training.small.pruning_record import PruningSensitivity


def pruning_table(record: PruningSensitivity) -> Bands:
    """A row per layer, a column per share that is pruned."""
    shares = sorted({row.share for row in record.rows})
    by_place = {(row.layer, row.share): f"{row.percent:.2f}" for row in record.rows}
    layers = dict.fromkeys((row.layer, row.weights) for row in record.rows)
    return Bands(
        ("layer", "weights", *(f"{100 * share:.0f} %" for share in shares)),
        [
            [layer, f"{weights:,}", *(by_place.get((layer, share), "") for share in shares)]
            for layer, weights in layers
        ],
        title=(
            f"{record.measure} in % with so much of one layer pruned, {record.percent:.2f} with none "
            f"({record.samples:,} validation samples)"
        ),
    )
