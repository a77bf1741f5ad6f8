"""The network's own share of a vendor's figures, without the DMA, the serial line or the self-test around it.

Estimates and the ledger are about this share. Reports by instance state it: the module that the manifest
names as the network's top.

Invariant: a share is a figure of a report; without such a report there is no share, never the whole design.
"""

from __future__ import annotations

from pathlib import Path

from edgeml import vendor
from edgeml.backends.verilog.manifest import VerilogManifest
from edgeml.figures import Hardware


def network(row: Hardware, folder: Path, manifest: VerilogManifest) -> Hardware | None:
    """A design's figures, cut down to the network.

    Args:
        row: one design at one stage.
        folder: what its reports' names are relative to.
        manifest: of the Verilog in it.

    Returns:
        None if the reports do not tell the network from what is around it.

    Raises:
        EdgemlError: a report cannot be read.
    """
    figures = vendor.share([folder / name for name in row.reports], manifest.top)
    if figures is None:
        # The top of a design out of context is the network itself.
        only = row.model == manifest.top and row.total.present()
        return row.model_copy(update={"alone": True}) if only else None
    usage, layers = figures
    notes = row.notes
    if usage != row.total and row.total.lut is not None:
        around = f"the whole design with what is around the network takes {row.total.lut.value:g} LUTs"
        notes = (*notes, around)
    return row.model_copy(update={"total": usage, "alone": True, "layers": layers, "notes": notes})
