"""Graph passes: a frozen dataclass with `apply(graph) -> graph`, one per file.

A pass returns a new graph, which is verified by being one. Every pass keeps the integers of the
outputs for every input; that is what its test checks.
"""
