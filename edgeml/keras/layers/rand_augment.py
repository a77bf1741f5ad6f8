"""RandAugment: augmentation; nothing of it is left after training."""

from __future__ import annotations

from edgeml.keras.layers._augment import augmentation

LAYER = augmentation(value_range=(0, 1))
