"""Episodes that were played: rollouts, records and videos.

procgen-tools has a module of this name, whose names are found here, too: see
`docs/from-procgen-tools.md`.
"""

from procgen_tools.names import lazy

__getattr__ = lazy(__name__, {}, older="episodes")
