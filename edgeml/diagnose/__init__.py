"""Diagnose: why the integers are worse than floats, layer by layer, and which types would win it back.

    diagnosis = diagnose(run)                  # `edgeml.diagnose.run`

`layers` measures each layer of the exact graph and tries it in float; `changes` are the settings that a user
could change; `run` tries them on the exact graph. `hls4ml` compares a project of somebody else's with the
Keras model that it came from.

Invariant: every figure was measured on exact graphs and the samples that are named; nothing is trained.
"""
