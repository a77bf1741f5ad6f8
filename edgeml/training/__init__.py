"""Training: from a preset to a float baseline and a quantization-aware model in a run folder.

`train` is the whole of it, `fit` one phase, `state` what an interrupted phase goes on from, `history` its
figures by epoch; `post_training` quantizes the float baseline without training.

Invariant: this package stands above `edgeml.keras`, which lowers models and does not know how they were
trained.
"""
