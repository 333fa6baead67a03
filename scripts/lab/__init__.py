"""A whole site in processes of its own: cameras, recorders, Home Assistant, and its outages."""
