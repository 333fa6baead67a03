"""What is told of outages, and to whom."""
