"""Reconstruction: what an autoencoder gives back, and whether its error tells one class from the others."""
