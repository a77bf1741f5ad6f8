"""A machine that tries to break the claim "exact": random graphs and models through every executor.

    python -m tests.fuzz --graphs 20000 --models 500 --hls4ml 200 --seed 1
    python -m tests.fuzz replay fuzz-failures/onnx-1f3a9c02

A failure is shrunk by hypothesis, saved as a folder with the graph and the codes, and replayed from it.
"""
