"""Audits of keys and chests, from sampled episodes.

Levels of this world have too many states for exact answers, and its agents have a memory. The
questions are those of other worlds. Answers have intervals over levels or made choices, except that
of the census, which measures every placement. Untrained networks, scripted players or random edits
stand beside each.
"""
