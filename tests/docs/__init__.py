"""The documentation: what it says is true, what it tells to type works."""
