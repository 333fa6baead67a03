"""The footage on the spares, for people to find, look at and take away."""
