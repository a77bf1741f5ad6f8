"""Models of HGQ2, read from their archives: nothing of HGQ2 is imported or run.

`archive` takes the file apart, `quantizers` reads the bits of each element, `reader` builds the exact graph.
"""
