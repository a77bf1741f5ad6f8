"""Report formats, one file each with `FORMATS`. The folder is the registry."""
