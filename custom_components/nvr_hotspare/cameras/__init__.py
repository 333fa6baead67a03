"""The cameras of working devices: where they are, when they are to be recorded, what changes."""
