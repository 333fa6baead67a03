"""What dashboards show, and how they are told."""
