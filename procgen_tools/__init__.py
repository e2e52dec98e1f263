"""Find out what a trained maze agent wants, and change it.

Importing this package does nothing else: rooms load when they are first named
(`from procgen_tools import maze`), and torch loads with the first policy.
"""

__version__ = "0.1.0"
