"""RandomTranslation: augmentation; nothing of it is left after training."""

from __future__ import annotations

from edgeml.keras.layers._augment import augmentation

LAYER = augmentation(height_factor=0.2, width_factor=0.2)
