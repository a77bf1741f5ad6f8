"""Calibration: whether a score of 0.9 is right in nine of ten cases."""
