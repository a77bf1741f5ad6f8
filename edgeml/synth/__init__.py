"""From Verilog to a bitstream."""
