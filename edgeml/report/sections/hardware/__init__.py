"""Hardware: what the model takes on an FPGA and how fast it is there, design by design."""
