"""Classes: precision, recall and F1 of each, and which is taken for which."""
