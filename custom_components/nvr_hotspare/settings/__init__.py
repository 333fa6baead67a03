"""What the user has decided, typed."""
