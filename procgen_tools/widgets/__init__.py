"""Interactive pictures for notebooks; outside of one they are still pictures."""
