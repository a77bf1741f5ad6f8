"""Layers: range used, clipping and noise of every value in the exact graph."""
