"""Networks as a stream: a pixel with all its channels per clock, or a part of a vector.

`plan` cuts the graph into segments (windows, kernels, folded products, buffers), `kernel` turns what happens
to one beat into a graph of its own, which is laid out like any other, `timing` computes latency and interval
from models of the parts in hw/rtl, and `top` writes the chain.
"""
