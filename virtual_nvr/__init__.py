"""Cameras and ONVIF recorders in software, for the demo, the tests and the benchmarks."""
