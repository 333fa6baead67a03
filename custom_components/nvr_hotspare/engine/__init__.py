"""The engine as a program: the media engine, and who decides while its manager is away.

Above `recorder/`, `nvr/` and `failover/`, and without Home Assistant. Nothing that only matters
while the manager is away is imported before it is.
"""
