"""Training for small hardware: the penalty on learned widths, and the front of its checkpoints.

`penalty` is called by the training loop, `front` keeps the checkpoints in RUN/front, `pick` makes one of
them a run of its own.
"""
