"""Cameras that the engine's own client can't play, each read by PyAV in a process of its own."""
