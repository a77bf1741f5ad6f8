"""Pieces of random QONNX graphs: each is a function that appends nodes to a network.

A piece takes the network and its end and gives the new end, or None where it does not fit. A module of this
folder lists its pieces in `PIECES`; `ends` has those that stand at the end of a model. `powers` networks stay
exact in float32: their scales are powers of two and their sums small.
"""
