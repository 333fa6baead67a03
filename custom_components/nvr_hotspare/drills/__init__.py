"""Drills: how sure it is that a spare would stand in."""
