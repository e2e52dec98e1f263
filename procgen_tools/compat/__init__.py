"""The names of procgen-tools, so that notebooks written for it open here. For migration only.

`names` lists all of them with their replacements, and `resolve` finds them. The other modules
contain the functions that need code, each a thin wrapper around ours. The names of
`procgen_tools.visualization`, `patch_utils` and so on, and unknown names of `maze`, `models` and
`vfield`, are looked up here. `docs/from-procgen-tools.md` is generated from the same list.
"""
