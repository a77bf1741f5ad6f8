"""One file per lint rule; see `edgeml.lint.rule`."""
