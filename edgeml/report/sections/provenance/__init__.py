"""Repeat it: commands, checksums and versions."""
