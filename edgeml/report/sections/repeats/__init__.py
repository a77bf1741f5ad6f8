"""Folds and seeds: the same training again, and the spread of its figures."""
