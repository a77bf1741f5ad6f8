"""The files of a vendor's project, for any tool."""

from __future__ import annotations

from dataclasses import dataclass

from edgeml.files import FileSet


@dataclass(frozen=True)
class VendorProject:
    """Files that a vendor's tool takes.

    Args:
        tool: the name in `edgeml.tools`.
        settings: the chosen settings, in a few words.
        files: all of it; reports appear in `reports/`.
        script: the script that the tool runs.
        mhz: the clock it is made for.
        notes: what a reader must know, a sentence each.
    """

    tool: str
    settings: str
    files: FileSet
    script: str
    mhz: float
    notes: tuple[str, ...]
