"""RandomHue: augmentation; nothing of it is left after training."""

from __future__ import annotations

from edgeml.keras.layers._augment import AUGMENTS, MOVES, lower

__all__ = ["AUGMENTS", "MOVES", "lower"]
