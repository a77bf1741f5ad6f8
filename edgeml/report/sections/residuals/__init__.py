"""Residuals: predictions of numbers against the truth, target by target."""
