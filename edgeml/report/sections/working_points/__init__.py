"""ROC and working points: how well scores tell each class from the rest, and what passes a threshold."""
