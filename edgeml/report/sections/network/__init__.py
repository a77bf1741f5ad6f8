"""Network: its layers as the user named them, what flows between them, and what each takes."""
