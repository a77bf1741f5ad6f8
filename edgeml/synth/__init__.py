"""Synthesis: from Verilog to figures and, on open boards, to a bitstream.

`flow` has the steps of a run on a board, `top` the board's top module, `dma` and `vendors` the projects for
vendors' tools, `read` takes in reports that were made elsewhere.
"""
