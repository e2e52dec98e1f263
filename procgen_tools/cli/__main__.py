"""`python -m procgen_tools.cli`: the same as the `procgen-tools` command."""

from procgen_tools.cli import main

main()
