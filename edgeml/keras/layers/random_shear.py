"""RandomShear: augmentation; nothing of it is left after training."""

from __future__ import annotations

from edgeml.keras.layers._augment import augmentation

LAYER = augmentation(x_factor=(0.0, 0.3))
