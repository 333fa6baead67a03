"""What happens around the units: people, mains, maintenance, the time of day."""
