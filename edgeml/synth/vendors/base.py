"""What a vendor's project is, whichever tool it is for."""

from __future__ import annotations

from dataclasses import dataclass

from edgeml.files import FileSet


@dataclass(frozen=True)
class VendorProject:
    """Files that a vendor's tool takes.

    Args:
        tool: the name in `edgeml.tools`.
        settings: what was chosen, a few words.
        files: all of it; reports appear in `reports/`.
        script: what the tool is given.
        mhz: the clock it is made for.
        notes: what a reader must know, a sentence each.
    """

    tool: str
    settings: str
    files: FileSet
    script: str
    mhz: float
    notes: tuple[str, ...]
