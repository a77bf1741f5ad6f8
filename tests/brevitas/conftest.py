"""What pytest leaves alone here: `networks.py` imports Brevitas, which has an environment of its own."""

from __future__ import annotations

collect_ignore = ["networks.py"]
