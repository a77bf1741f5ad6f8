"""Accuracy of every model on all test samples, with 95 % intervals."""
