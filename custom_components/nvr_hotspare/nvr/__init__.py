"""Drivers, one per kind of unit. They know nothing of Home Assistant; sessions are injected."""
