"""Weights: what the constants take, what they cost, and how they lie in their types."""
