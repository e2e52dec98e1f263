"""procgen-tools' names, so that notebooks written for it open here; for migration only.

`names` lists them all beside what replaces them, `resolve` finds them, and the other modules hold
what is left to do: each function is a thin face on ours. The modules `procgen_tools.visualization`,
`patch_utils` and so on, and unknown names of `maze`, `models` and `vfield`, are looked up here.
`docs/from-procgen-tools.md` is generated from the same list.
"""
