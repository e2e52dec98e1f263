"""Training agents: one file per algorithm, and what they share."""
