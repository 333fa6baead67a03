"""The ways to units: one for each kind, and what only the user can put right about them."""
