"""Sampled episodes: rollouts, records and videos.

procgen-tools has a module of the same name. Its names also work here: see
`docs/from-procgen-tools.md`.
"""

from procgen_tools.names import lazy

__getattr__ = lazy(__name__, {}, older="episodes")
