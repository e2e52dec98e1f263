"""An older name of procgen-tools' `data_utils`: see `docs/from-procgen-tools.md`."""

from procgen_tools.compat.resolve import face

__getattr__, __dir__ = face("episodes")
