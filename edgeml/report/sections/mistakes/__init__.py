"""Worst mistakes: the test samples that the exact graph is surest of and wrong about."""
