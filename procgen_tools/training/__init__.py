"""Training agents: one readable file an algorithm."""
