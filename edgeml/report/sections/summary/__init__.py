"""The top of the page: the model, the verdict, the numbers that are read first."""
