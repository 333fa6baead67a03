"""The forms that the flows show, and what must be true of the answers."""
