"""Find out what a trained maze agent wants, and change it.

Importing this package makes its worlds known to gymnasium, before or after that is imported
(`gymnasium.make("procgen_tools/Maze-v0")`), and does nothing else: rooms load when they are first
named (`from procgen_tools import maze`), and torch loads with the first policy.
"""

import procgen_tools.envs.registration as _registration  # noqa: F401

__version__ = "0.1.0"
