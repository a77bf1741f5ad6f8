"""Proves Verilog: files are read, carried out on numbers that stand for any code, and driven part by part.

`parser` reads the part of Verilog that edgeml writes, `machine` carries a design out (`words` are its bits,
`expressions` what is computed, `functions` those of one element, `frame` the streams around it), `places`
says which wire may hold which element, `sources` which values a stage reads, `sharing` what elements of one
value have to do with each other, `driver` runs each layer alone with Verilator, and `prover` makes stages of
all that.
"""
