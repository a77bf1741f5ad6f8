"""Training: loss and accuracy by epoch."""
