"""Prove that an artefact equals the graph for every input: docs/proofs.md has the argument.

`segment` is the graph's side of a stage, `arguments` says which vectors determine it, `witness` looks for an
input of the network that shows a difference, `result` is what is reported.
"""
