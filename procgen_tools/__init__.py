"""Find out what a trained maze agent wants, and change it.

Importing this package makes its worlds known to gymnasium, before or after that is imported
(`gymnasium.make("procgen_tools/Maze-v0")`), and old names of its modules importable. Everything
else loads when it is first named (`from procgen_tools import maze`), torch with the first policy.
"""

from procgen_tools.moved import install as _install
from procgen_tools.worlds.registration import register_with_gymnasium as _register

__version__ = "0.1.0"

_install()
_register()
