"""Every reader over files that were damaged at random, and over what lies where a file should be."""
