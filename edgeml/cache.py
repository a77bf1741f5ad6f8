"""The cache of compiled simulations: a folder per kind in EDGEML_CACHE or the user's cache folder.

A machine whose home is read-only, or that has none (a cluster's node, a container), gets a folder of the
user's own among the temporary files instead; there programs are compiled anew after a restart.

Invariant: a name below it is a digest of all inputs of its contents, so no entry is ever stale. Programs that
are run from it were written by this user.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from edgeml.errors import EdgemlError

_HINT = "set EDGEML_CACHE to a folder that can be written"


def cache_folder(kind: str) -> Path:
    """The folder for one kind of contents ("verilog"); it exists and is writable.

    Raises:
        EdgemlError: EDGEML_CACHE is set and not writable, or no folder is.
    """
    configured = os.environ.get("EDGEML_CACHE")
    if configured:
        place = Path(configured) / "edgeml" / kind
        if reason := _unusable(place):
            raise EdgemlError(f"cannot keep compiled simulations there: {reason}", str(place), _HINT)
        return place
    home = _home()
    if home is not None and not _unusable(home / "edgeml" / kind):
        return home / "edgeml" / kind
    place = _temporary() / kind
    if reason := _unusable(place):
        raise EdgemlError(f"cannot keep compiled simulations there: {reason}", str(place), _HINT)
    return place


def digest(parts: Iterable[bytes | str]) -> str:
    """A name for what is made from these parts."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(f"{len(data)}:".encode() + data)
    return total.hexdigest()[:32]


def _home() -> Path | None:
    """The user's cache folder; None if the machine knows none."""
    named = os.environ.get("XDG_CACHE_HOME")
    if named:
        return Path(named)
    try:
        return Path.home() / ".cache"
    except RuntimeError:  # neither HOME nor an entry among the users
        return None


def _unusable(folder: Path) -> str:
    """The reason why a folder, which is made if missing, cannot be used; "" if it can."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    return "" if os.access(folder, os.W_OK | os.X_OK) else "it is not writable"


def _temporary() -> Path:
    """A folder of this user's alone among the temporary files; programs are run from it."""
    try:
        place = Path(tempfile.gettempdir()) / f"edgeml-cache-{os.geteuid()}"
        place.mkdir(mode=0o700, exist_ok=True)
        state = place.lstat()
    except OSError as error:
        raise EdgemlError(
            f"no folder for compiled simulations can be written: {error.strerror}", "", _HINT
        ) from error
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.geteuid() or state.st_mode & 0o022:
        raise EdgemlError(
            "belongs to another user, who could change the programs that are run from it", str(place), _HINT
        )
    return place
