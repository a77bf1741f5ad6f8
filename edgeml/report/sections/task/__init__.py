"""Task: the figures of what the model is for, and how far the exact graph is from its own framework."""
