"""The names that procgen-tools' modules re-export by star imports, from each other and from
packages."""

from __future__ import annotations

PARENTS: dict[str, tuple[str, ...]] = {
    "vfield": ("visualization", "imports"),
    "visualization": ("imports",),
    "patch_utils": ("visualization", "imports"),
    "procgen_imports": ("patch_utils", "visualization", "maze", "imports"),
    "vfield_stats": ("maze",),
}
"""The modules whose names a module re-exports, like the star imports of procgen-tools."""

_PACKAGES = {
    "np": "numpy",
    "pd": "pandas",
    "t": "torch",
    "px": "plotly.express",
    "py": "plotly",
    "go": "plotly.graph_objects",
    "make_subplots": "plotly.subplots:make_subplots",
    "fn": "funcy",
    "math": "math",
    "re": "re",
    "os": "os",
    "sys": "sys",
    "itertools": "itertools",
    "pickle": "pickle",
    "defaultdict": "collections:defaultdict",
    "glob": "glob:glob",
    "Path": "pathlib:Path",
    "tqdm": "tqdm:tqdm",
    "plt": "matplotlib.pyplot",
    "cmh": "circrl.module_hook",
    "cro": "circrl.rollouts",
    "widgets": "ipywidgets",
    "ImageSequenceClip": "moviepy.video.io.ImageSequenceClip:ImageSequenceClip",
    "ProcgenGym3Env": "procgen:ProcgenGym3Env",
    **{
        name: f"typing:{name}"
        for name in ("List", "Tuple", "Dict", "Union", "Optional", "Callable")
    },
    **{
        name: f"einops:{name}"
        for name in ("rearrange", "reduce", "repeat", "einsum", "pack", "unpack")
    },
    **{
        name: f"IPython.display:{name}"
        for name in ("display", "clear_output", "Markdown", "Video", "HTML", "Javascript")
    },
    **{
        name: f"ipywidgets:{name}"
        for name in (
            "interact",
            "interactive",
            "interact_manual",
            "fixed",
            "Box",
            "Button",
            "Checkbox",
            "Dropdown",
            "FloatSlider",
            "FloatText",
            "GridspecLayout",
            "HBox",
            "Image",
            "IntRangeSlider",
            "IntSlider",
            "IntText",
            "Label",
            "Layout",
            "Output",
            "RadioButtons",
            "SelectMultiple",
            "Text",
            "ToggleButton",
            "VBox",
        )
    },
}

STAR_NAMES: dict[str, dict[str, str]] = {
    **dict.fromkeys(
        ("imports", "visualization", "patch_utils", "procgen_imports", "vfield"), _PACKAGES
    ),
    "vfield_stats": {"np": "numpy", "plt": "matplotlib.pyplot"},
}
"""The names that old modules re-export from other packages, as "package" or "package:name"."""
