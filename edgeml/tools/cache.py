"""Where compiled simulations are kept: a folder per kind in EDGEML_CACHE or the user's cache folder.

Invariant: a name below it is a digest of all that its contents were made from; nothing in it is ever stale.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path


def cache_folder(kind: str) -> Path:
    """The folder for one kind of contents ("verilog")."""
    home = os.environ.get("EDGEML_CACHE") or os.environ.get("XDG_CACHE_HOME")
    base = Path(home) if home else Path.home() / ".cache"
    return base / "edgeml" / kind


def digest(parts: Iterable[bytes | str]) -> str:
    """A name for what is made from these parts."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(f"{len(data)}:".encode() + data)
    return total.hexdigest()[:32]
