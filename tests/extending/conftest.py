"""The files in `house/` are put into a copy of the tree; here they are no modules and no tests."""

from __future__ import annotations

collect_ignore_glob = ["house/*"]
