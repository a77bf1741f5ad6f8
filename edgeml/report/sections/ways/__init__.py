"""Ways to run it: the same topology in float, rounded after training, and trained for its quantization."""
