"""Live pictures, from whoever has them at the moment."""
