"""Exactness: every artefact that was run against the reference, integer by integer."""
