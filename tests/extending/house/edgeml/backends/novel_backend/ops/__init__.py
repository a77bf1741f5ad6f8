"""One file per op; a copy needs nothing of them."""
