"""Hidden layer: what the last hidden layer of the exact graph makes of the samples, in two dimensions."""
