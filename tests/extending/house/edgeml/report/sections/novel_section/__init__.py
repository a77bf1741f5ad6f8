"""A section: how many ops the exact graph has."""
