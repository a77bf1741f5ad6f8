"""Emulation: time per sample of the exact model and of its baselines on this machine."""
