"""pytest leaves `networks.py` alone: it imports HGQ2, which has an environment of its own."""

from __future__ import annotations

collect_ignore = ["networks.py"]
