"""What the failover manager is made of."""
