"""Pruning: the sensitivity of the trained network to pruning, layer by layer."""
