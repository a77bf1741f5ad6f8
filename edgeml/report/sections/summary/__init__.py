"""What stands above all sections: the model, the verdict, the numbers that are asked for first."""
