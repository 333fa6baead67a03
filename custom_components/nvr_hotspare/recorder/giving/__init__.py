"""Footage given back: from this engine's archive or another recorder, into a recorder's folder."""
