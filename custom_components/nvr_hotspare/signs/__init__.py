"""Signs of life that units give by themselves."""
