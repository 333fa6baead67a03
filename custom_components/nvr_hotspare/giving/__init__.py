"""Giving footage back."""
