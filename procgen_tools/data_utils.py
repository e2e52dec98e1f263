"""procgen-tools' module of this name, for migration: see `docs/from-procgen-tools.md`."""

from procgen_tools.compat.resolve import face

__getattr__, __dir__ = face("data_utils")
