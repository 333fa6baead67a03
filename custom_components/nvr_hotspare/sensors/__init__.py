"""Tables of sensors, by what they are about."""
