"""Several runs side by side: the facts, how they are gathered from reports, and how they are laid out."""
