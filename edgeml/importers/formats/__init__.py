"""Readers of model files, one format each with `IMPORTER`. The folder is the registry."""
