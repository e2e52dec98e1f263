"""Audits of keys and chests, from sampled episodes.

Levels of this world have too many states for exact answers, and its agents have a memory. The
questions are those of other worlds, and each answer has an interval over levels, made choices or
placements, beside an untrained network and scripted players.
"""
