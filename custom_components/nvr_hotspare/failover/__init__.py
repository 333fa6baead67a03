"""The decisions: pure, without I/O and without a clock, so that every outage can be replayed."""
