"""Scores of an agent: sampled episodes, exact chances and intervals."""
