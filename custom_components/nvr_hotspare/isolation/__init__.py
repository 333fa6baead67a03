"""Whether it is Home Assistant itself that is cut off."""
