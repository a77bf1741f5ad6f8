"""Front: the checkpoints of a training for small hardware that no other beats."""
