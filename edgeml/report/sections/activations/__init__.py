"""Activations: the values that reach each cast against the limits of its type."""
